package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// chosen are the parameters of a control that somebody has set to other values
// than their defaults, or that a class of data has raised; nil where nobody has.
func chosen(c control.Control, params control.Params, sources map[string]control.Source) map[string]any {
	var out map[string]any
	for name := range c.Chosen(params, control.Raised(sources)) {
		if out == nil {
			out = map[string]any{}
		}
		out[name] = params[name]
	}
	return out
}

// chosenOf is chosen by the id of the control; one we do not know has none.
func (c catalogue) chosenOf(id string, params control.Params, sources map[string]control.Source) map[string]any {
	known, _ := c.controls.Get(id)
	return chosen(known, params, sources)
}

// sayParams prints a line with parameters and who set them, or none.
func (a *app) sayParams(params map[string]any, sources map[string]control.Source) {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		part := name + "=" + control.Text(params[name])
		if from := sources[name]; from != "" {
			part += " (" + string(from) + ")"
		}
		parts = append(parts, part)
	}
	if len(parts) > 0 {
		a.say("  with %s", strings.Join(parts, ", "))
	}
}

// setParams puts the values asked for over the stored ones; an empty value takes
// the stored one away. What is left must make sense to the control.
func setParams(c control.Control, stored map[string]any, asked map[string]string) (map[string]any, error) {
	params := maps.Clone(stored)
	if params == nil {
		params = map[string]any{}
	}
	for name, value := range asked {
		if params[name] = value; value == "" {
			delete(params, name)
		}
	}
	resolved, err := c.Resolve(params)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%w: set it with --param NAME=VALUE, or take it away with --param NAME=", err)
	}
	for name := range asked {
		if _, ok := params[name]; ok {
			params[name] = resolved[name] // in its own type
		}
	}
	if len(params) == 0 {
		return nil, nil
	}
	return params, nil
}
