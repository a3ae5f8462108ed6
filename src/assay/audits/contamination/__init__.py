"""Has the base model read the test rows before?"""
