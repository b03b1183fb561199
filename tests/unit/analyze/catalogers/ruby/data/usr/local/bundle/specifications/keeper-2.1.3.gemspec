# -*- encoding: utf-8 -*-
# stub: keeper 2.1.3 ruby lib

Gem::Specification.new do |s|
  s.name = "keeper".freeze
  s.version = "2.1.3"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.require_paths = ["lib".freeze]
  s.authors = ["Jo".freeze]
  s.date = "2026-11-24"
  s.licenses = ["Apache-2.0".freeze]
  s.rubygems_version = "3.3.15".freeze
  s.summary = "keeper".freeze

  s.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version
end
