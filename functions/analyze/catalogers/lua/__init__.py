"""Rocks: packages of Lua, as LuaRocks installs them."""

from analyze.catalogers.lua.cataloger import LuaCataloger

__all__ = ["LuaCataloger"]
