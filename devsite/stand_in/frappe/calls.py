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

whitelisted: set[Callable] = set()
guest_methods: set[Callable] = set()
xss_safe_methods: set[Callable] = set()
allowed_http_methods: dict[Callable, list[str]] = {}


def get_attr(method_string: str) -> Any:
	module, _dot, name = method_string.rpartition(".")
	app = method_string.split(".", 1)[0]
	if app not in get_installed_apps():
		frappe.throw(frappe._("App {0} is not installed").format(app), frappe.AppNotInstalledError)
	return getattr(import_module(module), name)


def call(fn: str | Callable, *args: Any, **kwargs: Any) -> Any:
	if isinstance(fn, str):
		fn = get_attr(fn)
	return fn(*args, **accepted_arguments(fn, kwargs))


def accepted_arguments(fn: Callable, kwargs: dict) -> dict:
	parameters = inspect.signature(fn).parameters
	takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
	accepted = {key: value for key, value in kwargs.items() if takes_all or key in parameters}
	accepted.pop("ignore_permissions", None)
	accepted.pop("flags", None)
	return accepted


def get_installed_apps() -> list[str]:
	return ["frappe", *frappe.local.conf.installed_apps]


def get_hooks(hook: str | None = None, default: Any = (), app_name: str | None = None) -> Any:
	hooks = frappe._dict()
	for app in [app_name] if app_name else frappe.local.conf.installed_apps:
		for key, value in vars(import_module(f"{app}.hooks")).items():
			if not key.startswith("_") and not isinstance(value, types.FunctionType | types.ModuleType):
				_append_hook(hooks, key, value)
	return hooks if hook is None else hooks.get(hook, [] if default == () else default)


def _append_hook(target: dict, key: str, value: Any) -> None:
	if isinstance(value, dict):
		inner = target.setdefault(key, {})
		for name, entry in value.items():
			_append_hook(inner, name, entry)
	else:
		target.setdefault(key, []).extend(value if isinstance(value, list) else [value])


def whitelist(
	allow_guest: bool = False, xss_safe: bool = False, methods: list[str] | None = None
) -> Callable:
	def decorate(fn: Callable) -> Callable:
		checked = _with_checked_types(fn)
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
		summary = frappe._("You are not permitted to access this resource. Login to access")
		name = frappe.bold(f"{method.__module__}.{method.__name__}")
		detail = frappe._("Function {0} is not whitelisted.").format(name)
		message = f"<details><summary>{summary}</summary>{detail}</details>"
		frappe.throw(message, frappe.PermissionError, title=frappe._("Method Not Allowed"))
	if is_guest and method not in xss_safe_methods:
		for key, value in frappe.form_dict.items():
			frappe.form_dict[key] = frappe.utils.sanitize_html(value) if isinstance(value, str) else value


def is_valid_http_method(method: Callable) -> None:
	if frappe.local.request.method not in allowed_http_methods[method]:
		frappe.throw(frappe._("Not permitted"), frappe.PermissionError)


def _with_checked_types(fn: Callable) -> Callable:
	@wraps(fn)
	def wrapper(*args: Any, **kwargs: Any) -> Any:
		if getattr(frappe.local, "request", None) or frappe.local.flags.in_test:
			args, kwargs = _checked(fn, args, kwargs)
		return fn(*args, **kwargs)

	return wrapper


def _checked(fn: Callable, args: tuple, kwargs: dict) -> tuple[list, dict]:
	names = fn.__code__.co_varnames[: fn.__code__.co_argcount]
	positional = [_conform(fn, name, value) for name, value in zip(names, args, strict=False)]
	return positional + list(args[len(names) :]), {
		name: _conform(fn, name, value) for name, value in kwargs.items()
	}


def _conform(fn: Callable, name: str, value: Any) -> Any:
	"""Frappe skips annotations that are text, as every one is under `from __future__ import annotations`."""
	expected = fn.__annotations__.get(name)
	if expected is None or isinstance(expected, str):
		return value
	kinds = set(typing.get_args(expected)) if _is_union(expected) else {expected}
	default = inspect.signature(fn).parameters[name].default
	kinds |= set() if default is inspect.Parameter.empty else {type(default)}
	kinds = {typing.get_origin(kind) or kind for kind in kinds}
	if bool in kinds:
		kinds |= {int, float}
	return _converted(name, value, kinds)


def _is_union(annotation: Any) -> bool:
	return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def _converted(name: str, value: Any, kinds: set[type]) -> Any:
	if typing.Any in kinds or type(value) in kinds:
		return value
	for kind in (int, float):
		if kind in kinds and isinstance(value, str | int | float):
			try:
				if kind(value) == float(value):
					return kind(value)
			except ValueError:
				pass
	if unknown := kinds - {str, int, float, bool, list, dict, type(None)}:
		raise NotImplementedError(f"devsite does not check arguments of type {unknown}")
	expected = " | ".join(sorted(kind.__name__ for kind in kinds))
	raise frappe.FrappeTypeError(
		f"Argument '{name}' should be of type '{expected}' but got '{type(value).__name__}' instead."
	)
