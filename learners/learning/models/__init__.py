from learners.learning.models.activity import Activity, LearningSpan
from learners.learning.models.course_record import Attempt, CourseRecord, ItemProgress, LessonTaken
from learners.learning.models.enrollment import Enrollment, Left, SpecializationEnrollment
from learners.learning.models.xapi import XapiCredential, XapiStatement

__all__ = [
    "Activity",
    "Attempt",
    "CourseRecord",
    "Enrollment",
    "ItemProgress",
    "LearningSpan",
    "Left",
    "LessonTaken",
    "SpecializationEnrollment",
    "XapiCredential",
    "XapiStatement",
]
