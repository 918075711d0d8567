from programs.models.contract import Contract
from programs.models.domain_rule import DomainRule
from programs.models.program import Program

__all__ = ["Contract", "DomainRule", "Program"]
