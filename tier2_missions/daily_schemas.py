"""What daily_loop says of its params and its state: for editors and documentation, and, of the params, to be met.

That a day is one of the calendar, and an id comes once, the operations find out.
"""

from __future__ import annotations

from typing import Any

_COUNT = {"type": ["integer", "null"]}
_DATE_OR_NULL = {
    "type": ["string", "null"],
    "format": "date",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "maxLength": 10,
}
_IDS = {"type": "array", "items": {"type": "string"}}

_TASK_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Something to do; other fields than these are kept.",
    "required": ["id", "title"],
    "properties": {
        "id": {"type": "string", "minLength": 1, "description": "Names the task; no other has this id."},
        "title": {"type": "string", "minLength": 1, "description": "What is to be done."},
        "done": {"type": "boolean", "default": False, "description": "Whether it is done."},
        "priority": {"type": "integer", "minimum": 1, "default": 3, "description": "1 is the highest."},
        "due": {**_DATE_OR_NULL, "default": None, "description": "The day by which it is to be done."},
        "completed_on": {**_DATE_OR_NULL, "default": None, "description": "The day on which it was done."},
        "tags": {"type": "array", "items": {"type": "string"}, "default": [], "description": "Words for people."},
    },
}

PARAMS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "requested_steps": {
            **_COUNT,
            "default": 4,
            "description": "How many steps at most, 0 to 5; default 4. The fifth archives what is done.",
        },
        "requested_human_steps": {
            **_COUNT,
            "default": 1,
            "description": "How many of them human at most, 0 to 2; default 1.",
        },
        "max_priorities": {
            **_COUNT,
            "minimum": 0,
            "maximum": 9007199254740991,
            "default": 3,
            "description": "How many priorities at most; default 3.",
        },
    },
}

STATE: dict[str, Any] = {
    "type": "object",
    "description": "A day: what is to be done, and what was. Other fields than these are kept.",
    "properties": {
        "date": {**_DATE_OR_NULL, "description": "Today, as YYYY-MM-DD."},
        "tasks": {"type": "array", "items": _TASK_SCHEMA, "description": "What is to be done, and what was done."},
        "log": {
            "type": "array",
            "description": "One entry a date; the mission writes it.",
            "items": {
                "type": "object",
                "required": ["date"],
                "properties": {
                    "date": {**_DATE_OR_NULL, "description": "The day of the entry."},
                    "priorities": {"description": "The ids of that day's priorities."},
                    "summary": {"description": "That day's summary; what it says was completed is told once."},
                },
            },
        },
        "archive": {"type": "array", "description": "Tasks that were done and moved away."},
        "daily": {
            "type": "object",
            "description": "What the mission found for the day; it writes it anew.",
            "properties": {
                "confirmed": {
                    **_IDS,
                    "type": ["array", "null"],
                    "description": "Ids of tasks that a person put first, in that order.",
                },
                "priorities": {"description": "The ids of the day's priorities, the first comes first."},
                "summary": {"description": "What was completed, what is open, what is overdue, and how many."},
            },
        },
    },
}
