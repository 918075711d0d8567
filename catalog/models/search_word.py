from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F


class SearchWord(models.Model):
    """A word of some course's or specialization's search text: what a misspelled word may have meant.

    Derived, and told again after every import (catalog.actions.search_words).
    """

    word = models.CharField(max_length=40, primary_key=True)

    class Meta:
        indexes = [GinIndex(OpClass(F("word"), "gin_trgm_ops"), name="search_word_alike")]

    def __str__(self) -> str:
        return self.word
