"""YAML → State: nodes with places, include, vars, defaults, schema, references."""
