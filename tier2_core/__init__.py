"""tier2: missions, bounded plans that a pure function builds, a pure fold runs, and anyone can recompute.

Everything public is importable from here::

    from tier2_core import ExecutionContext, StepSpec, WorkflowDefinition, run

Each name is loaded when it is first used: running a workflow loads no plugin, and what is not used costs nothing.

PYTEST_DONT_REWRITE: pytest need not warn that it came too late for the assertions in here, which are no tests.
"""

from importlib import import_module as _import_module

from tier2_core.version import VERSION as __version__

# Type checkers know the name. To editors that know values alone, ``False`` would say that nothing below is there, so
# that they complete no name. Importing ``typing`` would take longer than all of this.
TYPE_CHECKING = not __name__

if TYPE_CHECKING:
    from typing import Any

    from tier2_core.errors import (
        AntiFailurePlanningError,
        AntiFailureViolation,
        CallerError,
        ConfigError,
        DecisionError,
        EnvelopePlanningError,
        EnvelopeViolation,
        FactoryError,
        InvalidFieldValueError,
        InvalidParamsError,
        InvalidPathError,
        InvalidSchemaError,
        InvalidSpecError,
        InvalidValueError,
        OperationError,
        PatchError,
        PluginError,
        RecordError,
        RegistryConflictError,
        StepFailed,
        Tier2Error,
        UnknownMissionError,
        UnknownOperationError,
    )
    from tier2_core.missions.handlers import (
        HandlerEntry,
        Handlers,
        load_handlers,
    )
    from tier2_core.missions.hookspecs import (
        hookimpl,
        hookspec,
    )
    from tier2_core.missions.mission import (
        Mission,
        MissionRegistryEntry,
    )
    from tier2_core.missions.planning import (
        HasMissions,
        Orchestrator,
        build_workflow,
        run_mission,
    )
    from tier2_core.missions.registry import (
        MISSION_REGISTRY,
        Registry,
        default_registry,
        get_mission,
        list_missions,
        load_registry,
    )
    from tier2_core.records.compare import (
        RecordDifference,
        compare_records,
    )
    from tier2_core.records.reading import (
        load_record,
    )
    from tier2_core.records.record import (
        Record,
        RecordLink,
        make_record,
    )
    from tier2_core.records.verify import (
        Verification,
        verify_record,
    )
    from tier2_core.scenarios.config_adapter import (
        parse_expectations_definition,
        parse_suite_definition,
        parse_test_document,
        run_test_run_from_config,
        unknown_fields,
    )
    from tier2_core.scenarios.expectations import (
        ExpectationResult,
        MissionExpectation,
        SuiteExpectationsDefinition,
        SuiteExpectationsResult,
        evaluate_expectations,
    )
    from tier2_core.scenarios.harness import (
        MissionCall,
        ScenarioDefinition,
        ScenarioResult,
        run_scenario,
    )
    from tier2_core.scenarios.suite import (
        ScenarioSuiteDefinition,
        ScenarioSuiteResult,
        aggregate_suite,
        run_suite,
        scenarios_of,
    )
    from tier2_core.scenarios.test_run import (
        TestRunResult,
        aggregate_test_run,
        run_test_run,
    )
    from tier2_core.values.canonical import (
        canonical_json,
        digest,
        parse_json,
    )
    from tier2_core.values.freeze import (
        freeze,
        same,
    )
    from tier2_core.values.patch import (
        apply_merge_patch,
        apply_patch,
        make_patch,
    )
    from tier2_core.values.paths import (
        format_pointer,
        parse_path,
        resolve_path,
    )
    from tier2_core.values.seal import Document
    from tier2_core.values.thaw import thaw
    from tier2_core.workflow.demands import decision_statement
    from tier2_core.workflow.effects import (
        MAX_EFFECT_BYTES,
        MAX_EFFECTS,
        Effect,
        EffectHandler,
        Emit,
        WantedEffect,
    )
    from tier2_core.workflow.engine import (
        advance,
        resume,
        run,
        start,
    )
    from tier2_core.workflow.envelope import (
        ALLOWED_KINDS,
        MAX_HUMAN_STEPS,
        MAX_TOTAL_STEPS,
    )
    from tier2_core.workflow.foresight import (
        DecisionPath,
        consequences,
        decision_table,
    )
    from tier2_core.workflow.operations import (
        BUILTINS,
        Operation,
        OperationCall,
        State,
    )
    from tier2_core.workflow.outcomes import (
        Consequences,
        Outcome,
    )
    from tier2_core.workflow.result import (
        OrchestrationResult,
    )
    from tier2_core.workflow.specs import (
        Decision,
        ExecutionContext,
        MissionSpec,
        StepSpec,
        WorkflowDefinition,
    )
    from tier2_core.workflow.trace import Run, TraceEntry

_LAZY = {
    "errors": (
        "AntiFailurePlanningError",
        "AntiFailureViolation",
        "CallerError",
        "ConfigError",
        "DecisionError",
        "EnvelopePlanningError",
        "EnvelopeViolation",
        "FactoryError",
        "InvalidFieldValueError",
        "InvalidParamsError",
        "InvalidPathError",
        "InvalidSchemaError",
        "InvalidSpecError",
        "InvalidValueError",
        "OperationError",
        "PatchError",
        "PluginError",
        "RecordError",
        "RegistryConflictError",
        "StepFailed",
        "Tier2Error",
        "UnknownMissionError",
        "UnknownOperationError",
    ),
    "missions.handlers": (
        "HandlerEntry",
        "Handlers",
        "load_handlers",
    ),
    "missions.hookspecs": (
        "hookimpl",
        "hookspec",
    ),
    "missions.mission": (
        "Mission",
        "MissionRegistryEntry",
    ),
    "missions.planning": (
        "HasMissions",
        "Orchestrator",
        "build_workflow",
        "run_mission",
    ),
    "missions.registry": (
        "MISSION_REGISTRY",
        "Registry",
        "default_registry",
        "get_mission",
        "list_missions",
        "load_registry",
    ),
    "records.compare": (
        "RecordDifference",
        "compare_records",
    ),
    "records.reading": ("load_record",),
    "records.record": (
        "Record",
        "RecordLink",
        "make_record",
    ),
    "records.verify": (
        "Verification",
        "verify_record",
    ),
    "scenarios.config_adapter": (
        "parse_expectations_definition",
        "parse_suite_definition",
        "parse_test_document",
        "run_test_run_from_config",
        "unknown_fields",
    ),
    "scenarios.expectations": (
        "ExpectationResult",
        "MissionExpectation",
        "SuiteExpectationsDefinition",
        "SuiteExpectationsResult",
        "evaluate_expectations",
    ),
    "scenarios.harness": (
        "MissionCall",
        "ScenarioDefinition",
        "ScenarioResult",
        "run_scenario",
    ),
    "scenarios.suite": (
        "ScenarioSuiteDefinition",
        "ScenarioSuiteResult",
        "aggregate_suite",
        "run_suite",
        "scenarios_of",
    ),
    "scenarios.test_run": (
        "TestRunResult",
        "aggregate_test_run",
        "run_test_run",
    ),
    "values.canonical": (
        "canonical_json",
        "digest",
        "parse_json",
    ),
    "values.freeze": (
        "freeze",
        "same",
    ),
    "values.patch": (
        "apply_merge_patch",
        "apply_patch",
        "make_patch",
    ),
    "values.paths": (
        "format_pointer",
        "parse_path",
        "resolve_path",
    ),
    "values.seal": ("Document",),
    "values.thaw": ("thaw",),
    "workflow.demands": ("decision_statement",),
    "workflow.effects": (
        "MAX_EFFECTS",
        "MAX_EFFECT_BYTES",
        "Effect",
        "EffectHandler",
        "Emit",
        "WantedEffect",
    ),
    "workflow.engine": (
        "advance",
        "resume",
        "run",
        "start",
    ),
    "workflow.envelope": (
        "ALLOWED_KINDS",
        "MAX_HUMAN_STEPS",
        "MAX_TOTAL_STEPS",
    ),
    "workflow.foresight": (
        "DecisionPath",
        "consequences",
        "decision_table",
    ),
    "workflow.operations": (
        "BUILTINS",
        "Operation",
        "OperationCall",
        "State",
    ),
    "workflow.outcomes": (
        "Consequences",
        "Outcome",
    ),
    "workflow.result": ("OrchestrationResult",),
    "workflow.specs": (
        "Decision",
        "ExecutionContext",
        "MissionSpec",
        "StepSpec",
        "WorkflowDefinition",
    ),
    "workflow.trace": ("Run", "TraceEntry"),
}
_HOME = {name: module for module, names in _LAZY.items() for name in names}

__all__ = [
    "ALLOWED_KINDS",
    "BUILTINS",
    "MAX_EFFECTS",
    "MAX_EFFECT_BYTES",
    "MAX_HUMAN_STEPS",
    "MAX_TOTAL_STEPS",
    "MISSION_REGISTRY",
    "AntiFailurePlanningError",
    "AntiFailureViolation",
    "CallerError",
    "ConfigError",
    "Consequences",
    "Decision",
    "DecisionError",
    "DecisionPath",
    "Document",
    "Effect",
    "EffectHandler",
    "Emit",
    "EnvelopePlanningError",
    "EnvelopeViolation",
    "ExecutionContext",
    "ExpectationResult",
    "FactoryError",
    "HandlerEntry",
    "Handlers",
    "HasMissions",
    "InvalidFieldValueError",
    "InvalidParamsError",
    "InvalidPathError",
    "InvalidSchemaError",
    "InvalidSpecError",
    "InvalidValueError",
    "Mission",
    "MissionCall",
    "MissionExpectation",
    "MissionRegistryEntry",
    "MissionSpec",
    "Operation",
    "OperationCall",
    "OperationError",
    "OrchestrationResult",
    "Orchestrator",
    "Outcome",
    "PatchError",
    "PluginError",
    "Record",
    "RecordDifference",
    "RecordError",
    "RecordLink",
    "Registry",
    "RegistryConflictError",
    "Run",
    "ScenarioDefinition",
    "ScenarioResult",
    "ScenarioSuiteDefinition",
    "ScenarioSuiteResult",
    "State",
    "StepFailed",
    "StepSpec",
    "SuiteExpectationsDefinition",
    "SuiteExpectationsResult",
    "TestRunResult",
    "Tier2Error",
    "TraceEntry",
    "UnknownMissionError",
    "UnknownOperationError",
    "Verification",
    "WantedEffect",
    "WorkflowDefinition",
    "__version__",
    "advance",
    "aggregate_suite",
    "aggregate_test_run",
    "apply_merge_patch",
    "apply_patch",
    "build_workflow",
    "canonical_json",
    "compare_records",
    "consequences",
    "decision_statement",
    "decision_table",
    "default_registry",
    "digest",
    "evaluate_expectations",
    "format_pointer",
    "freeze",
    "get_mission",
    "hookimpl",
    "hookspec",
    "list_missions",
    "load_handlers",
    "load_record",
    "load_registry",
    "make_patch",
    "make_record",
    "parse_expectations_definition",
    "parse_json",
    "parse_path",
    "parse_suite_definition",
    "parse_test_document",
    "resolve_path",
    "resume",
    "run",
    "run_mission",
    "run_scenario",
    "run_suite",
    "run_test_run",
    "run_test_run_from_config",
    "same",
    "scenarios_of",
    "start",
    "thaw",
    "unknown_fields",
    "verify_record",
]


def __getattr__(name: str) -> "Any":
    if name in _HOME:
        value: Any = getattr(_import_module(f"tier2_core.{_HOME[name]}"), name)
    else:
        raise AttributeError(f"module 'tier2_core' has no attribute '{name}'")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
