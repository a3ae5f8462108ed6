"""Stage 8: the decision. What each arm is worth and costs, which one to use, and the report that
shows it."""

from assay.weigh.arm import Arm as Arm
from assay.weigh.arm import Extra as Extra
from assay.weigh.diff import diff as diff
from assay.weigh.read import read_report as read_report
from assay.weigh.report import Report as Report
from assay.weigh.report import build as build
from assay.weigh.settings import Weigh as Weigh
