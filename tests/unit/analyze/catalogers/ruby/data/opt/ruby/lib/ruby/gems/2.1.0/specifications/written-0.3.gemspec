# -*- encoding: utf-8 -*-

Gem::Specification.new do |spec|
  spec.name        = 'written'
  spec.version     = %q{0.3}
  spec.author      = "Ann O'Nym"
  spec.license     = 'GPL-2.0+'
  spec.homepage    = "https://example.org/#{spec.name}/v#{spec.version}"
  spec.files       = %w(
    README
    lib/written.rb
  )
  spec.required_ruby_version = '>= 1.9.3'

  spec.add_dependency 'rake', ['>= 10', '< 14']
  spec.add_dependency("net-telnet")
  spec.add_development_dependency 'minitest', '~> 5.0'
end
