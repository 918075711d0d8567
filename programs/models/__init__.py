from programs.models.contract import Contract
from programs.models.program import Program

__all__ = ["Contract", "Program"]
