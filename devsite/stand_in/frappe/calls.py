"""Dotted names, hooks, whitelisting and argument matching."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

import frappe

APP = "xappiens_whatsapp"

whitelisted: set[Callable] = set()
guest_methods: set[Callable] = set()
xss_safe_methods: set[Callable] = set()
allowed_http_methods: dict[Callable, list[str]] = {}


def get_attr(method_string: str) -> Any:
	module, _dot, name = method_string.rpartition(".")
	if (app := method_string.split(".", 1)[0]) not in get_installed_apps():
		frappe.throw(frappe._("App {0} is not installed").format(app), frappe.AppNotInstalledError)
	return getattr(import_module(module), name)


def call(fn: Callable, *args: Any, **kwargs: Any) -> Any:
	parameters = inspect.signature(fn).parameters
	takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
	accepted = {key: value for key, value in kwargs.items() if takes_all or key in parameters}
	accepted.pop("ignore_permissions", None)
	accepted.pop("flags", None)
	return fn(*args, **accepted)


def get_installed_apps() -> list[str]:
	return ["frappe", APP]


def get_hooks(hook: str, default: Any = ()) -> Any:
	value = getattr(import_module(f"{APP}.hooks"), hook, None)
	return default if value is None else _listed(value)


def _listed(value: Any) -> Any:
	"""A single value becomes a list, as do the entries of a dict."""
	if isinstance(value, dict):
		return {key: _listed(entry) for key, entry in value.items()}
	return value if isinstance(value, list) else [value]


def whitelist(
	allow_guest: bool = False, xss_safe: bool = False, methods: list[str] | None = None
) -> Callable:
	def decorate(fn: Callable) -> Callable:
		@wraps(fn)
		def checked(*args: Any, **kwargs: Any) -> Any:
			if frappe.local.request or frappe.local.flags.in_test:
				names = fn.__code__.co_varnames[: len(args)]
				args = tuple(_conform(fn, name, value) for name, value in zip(names, args, strict=True))
				kwargs = {name: _conform(fn, name, value) for name, value in kwargs.items()}
			return fn(*args, **kwargs)

		whitelisted.add(checked)
		allowed_http_methods[checked] = methods or ["GET", "POST", "PUT", "DELETE"]
		if allow_guest:
			guest_methods.add(checked)
		if allow_guest and xss_safe:
			xss_safe_methods.add(checked)
		return checked

	return decorate


def is_whitelisted(method: Callable) -> None:
	is_guest = frappe.session.user == "Guest"
	if method not in whitelisted or (is_guest and method not in guest_methods):
		name = frappe.bold(f"{method.__module__}.{method.__name__}")
		message = frappe._("Function {0} is not whitelisted.").format(name)
		frappe.throw(message, frappe.PermissionError, title=frappe._("Method Not Allowed"))
	if is_guest and method not in xss_safe_methods:
		for key, value in frappe.form_dict.items():
			frappe.form_dict[key] = frappe.utils.sanitize_html(value) if isinstance(value, str) else value


def _conform(fn: Callable, name: str, value: Any) -> Any:
	"""Frappe skips annotations that are text, as every one is under `from __future__ import annotations`."""
	expected = fn.__annotations__.get(name)
	if expected is None or isinstance(expected, str):
		return value
	is_union = typing.get_origin(expected) in (typing.Union, types.UnionType)
	kinds = list(typing.get_args(expected)) if is_union else [expected]
	default = inspect.signature(fn).parameters[name].default
	kinds += [] if default is inspect.Parameter.empty else [type(default)]
	kinds += [int, float] if bool in kinds else []
	return _converted(name, value, kinds)


def _converted(name: str, value: Any, kinds: list[Any]) -> Any:
	if typing.Any in kinds or any(_fits(value, kind) for kind in kinds):
		return value
	for kind in (int, float):
		if kind in kinds and isinstance(value, str | int | float):
			try:
				if kind(value) == float(value):
					return kind(value)
			except ValueError:
				pass
	expected = " | ".join(str(kind) for kind in kinds)
	raise frappe.FrappeTypeError(
		f"Argument '{name}' should be of type '{expected}' but got '{type(value).__name__}' instead."
	)


def _fits(value: Any, kind: Any) -> bool:
	origin, parts = typing.get_origin(kind) or kind, typing.get_args(kind)
	if origin not in (str, int, float, bool, list, dict, type(None)):
		raise NotImplementedError(f"devsite does not check arguments of type {kind}")
	if type(value) is not origin or origin is not list or not parts:
		return type(value) is origin
	return all(_fits(entry, parts[0]) for entry in value)
