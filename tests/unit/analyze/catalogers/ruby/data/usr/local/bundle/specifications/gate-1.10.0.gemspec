# -*- encoding: utf-8 -*-
# stub: gate 1.10.0 ruby lib

Gem::Specification.new do |s|
  s.name = "gate".freeze
  s.version = "1.10.0"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.metadata = { "rubygems_mfa_required" => "true" } if s.respond_to? :metadata=
  s.require_paths = ["lib".freeze]
  s.authors = ["Andr\u00E9 \u00C4rko".freeze, "D'Artagnan, Charles".freeze, "\u65E5\u672C \u{1F600}".freeze]
  s.date = "2026-11-24"
  s.homepage = "https://example.org/gate/~x".freeze
  s.licenses = ["MIT".freeze, "Ruby".freeze]
  s.required_ruby_version = Gem::Requirement.new([">= 2.5".freeze, "< 4".freeze])
  s.rubygems_version = "3.3.15".freeze
  s.summary = "A gate \#{with} \"quotes\"".freeze

  s.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version

  if s.respond_to? :specification_version then
    s.specification_version = 4
  end

  if s.respond_to? :add_runtime_dependency then
    s.add_runtime_dependency(%q<keeper>.freeze, ["~> 2.1"])
    s.add_runtime_dependency(%q<hinge>.freeze, [">= 1.0.a", "< 2"])
    s.add_development_dependency(%q<rake>.freeze, ["~> 13"])
  else
    s.add_dependency(%q<keeper>.freeze, ["~> 2.1"])
    s.add_dependency(%q<hinge>.freeze, [">= 1.0.a", "< 2"])
    s.add_dependency(%q<rake>.freeze, ["~> 13"])
  end
end
