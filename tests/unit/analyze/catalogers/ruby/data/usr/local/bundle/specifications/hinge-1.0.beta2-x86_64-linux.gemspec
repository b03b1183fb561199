# -*- encoding: utf-8 -*-
# stub: hinge 1.0.beta2 x86_64-linux lib

Gem::Specification.new do |s|
  s.name = "hinge".freeze
  s.version = "1.0.beta2"
  s.platform = "x86_64-linux".freeze

  s.required_rubygems_version = Gem::Requirement.new("> 1.3.1".freeze) if s.respond_to? :required_rubygems_version=
  s.require_paths = ["lib".freeze]
  s.authors = ["Jo".freeze]
  s.date = "2026-11-24"
  s.rubygems_version = "3.3.15".freeze
  s.summary = "hinge".freeze

  s.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version
end
