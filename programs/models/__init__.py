from programs.models.collection import Collection, CollectionEntry
from programs.models.contract import Contract
from programs.models.domain_rule import DomainRule
from programs.models.program import Program

__all__ = ["Collection", "CollectionEntry", "Contract", "DomainRule", "Program"]
