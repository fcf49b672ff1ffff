"""What a record says of what was installed, held against what is.

The fingerprint of a registry covers its plugins and tier2's version. That another one is here is no reason to refuse
a record from which the same comes out, but worth saying; that a record contradicts itself is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tier2_core.missions.announced import FORMER_DISTRIBUTION, OWN_DISTRIBUTION
from tier2_core.missions.registry import Registry
from tier2_core.records.record import registry_parts
from tier2_core.values.freeze import same
from tier2_core.version import VERSION
from tier2_core.workflow.operations import HasOperations


def contradiction(recorded: Mapping[str, Any], tier2: str, registry: HasOperations) -> str:
    """What cannot be so together of a record's ``registry`` and version of tier2, as a clause, or ``""``.

    A fingerprint covers the plugins and the version. Of one that is also the present registry's, both are known.
    """
    if recorded["fingerprint"] is None:
        return "it names plugins of a registry that has no fingerprint" if recorded["plugins"] else ""
    if type(registry) is not Registry or recorded["fingerprint"] != registry.fingerprint:
        return ""
    if not same(recorded["plugins"], registry_parts(registry)["plugins"]):
        return "the plugins that it names are not those that the fingerprint of its registry stands for"
    if tier2 != VERSION:
        return f"it says that tier2 {tier2} made it, but the fingerprint of its registry stands for tier2 {VERSION}"
    return ""


def registry_note(recorded: Mapping[str, Any], tier2: str, registry: HasOperations) -> str:
    """A sentence if the registry is another than that of a record, ``recorded`` and made by ``tier2``, or ``""``.

    It is worth saying even if everything comes out as it did.
    """
    fingerprint = registry.fingerprint if type(registry) is Registry else None
    version = f"it was made by tier2 {tier2}, and this is {VERSION}" if tier2 != VERSION else ""
    if recorded["fingerprint"] is None and (version or fingerprint is not None):
        return f"Which plugins were installed then is not recorded{version and f'; {version}'}."
    if recorded["fingerprint"] == fingerprint:
        return ""
    other = version or other_plugin(recorded, registry) or _new_plugin(recorded, registry)
    if not other and any(_renamed(plugin) is not plugin for plugin in recorded["plugins"]):
        other = f"{OWN_DISTRIBUTION} was still called {FORMER_DISTRIBUTION}"
    other = other or "the same versions of the same plugins brought other missions or operations, or it is made up"
    return f"The registry is another than then; {other}."


def other_plugin(recorded: Mapping[str, Any], registry: HasOperations) -> str:
    """What is other of the plugins that were there then, as the end of a sentence."""
    now = {plugin["name"]: plugin for plugin in registry_parts(registry)["plugins"]}
    for plugin in recorded["plugins"]:
        name = f"plugin '{plugin['name']}'"
        there = now.get(plugin["name"])
        was = f"{plugin['distribution']} {plugin['version']}".strip()
        if there is None:
            return f"{name}" + (f" of {was}" if was else "") + " was there then, and is not now"
        if not same(there, _renamed(plugin)):
            is_ = f"{there['distribution']} {there['version']}".strip()
            return f"{name} was of {was or 'no distribution'}, and is of {is_ or 'no distribution'} now"
    return ""


def _new_plugin(recorded: Mapping[str, Any], registry: HasOperations) -> str:
    then = {plugin["name"] for plugin in recorded["plugins"]}
    for plugin in registry_parts(registry)["plugins"]:
        if plugin["name"] not in then:
            return f"plugin '{plugin['name']}' is there now, and was not then"
    return ""


def _renamed(plugin: Mapping[str, Any]) -> Mapping[str, Any]:
    """A recorded plugin under the present name of the distribution that brings it."""
    if (plugin["name"], plugin["distribution"]) != ("builtin", FORMER_DISTRIBUTION):
        return plugin
    return {**plugin, "distribution": OWN_DISTRIBUTION}
