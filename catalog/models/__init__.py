from catalog.models.course import Course, CourseSession, CourseSkill, CourseVersion
from catalog.models.outline import Assessment, AssessmentSkill, Item, Lesson, Module
from catalog.models.partner import Partner
from catalog.models.search_word import SearchWord
from catalog.models.skill import Competency, Domain, Skill, SubSkill
from catalog.models.specialization import Specialization, SpecializationCourse

__all__ = [
    "Assessment",
    "AssessmentSkill",
    "Competency",
    "Course",
    "CourseSession",
    "CourseSkill",
    "CourseVersion",
    "Domain",
    "Item",
    "Lesson",
    "Module",
    "Partner",
    "SearchWord",
    "Skill",
    "Specialization",
    "SpecializationCourse",
    "SubSkill",
]
