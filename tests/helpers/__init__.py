"""What tests share besides fixtures: samples, small models, servers, plug-ins of pytest."""
