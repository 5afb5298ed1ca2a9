package control

import (
	"fmt"
	"maps"
)

// Set is a value of a parameter, and who set it; nobody where it is the default.
type Set struct {
	Value  any    `json:"value"`
	Source Source `json:"source,omitempty"`
}

// Raise puts what a class of data sets over the other values, but for those of the command line. What another class has
// raised before is as it was; without a name that is all.
func (i Info) Raise(c Choice, class string, given map[string]any) (Choice, error) {
	c.Params, c.Sources = maps.Clone(c.Params), maps.Clone(c.Sources)
	for name, was := range c.Beneath {
		if delete(c.Sources, name); was.Source != "" {
			c.Sources[name] = was.Source
		}
		c.Params[name] = was.Value
	}
	c.Beneath = nil
	raised, err := i.Resolve(given)
	if err != nil {
		return Choice{}, fmt.Errorf("class %s: %w", class, err)
	}
	for name := range given {
		if c.Sources[name] == FromCommand {
			continue
		}
		if c.Beneath == nil {
			c.Beneath = map[string]Set{}
		}
		c.Beneath[name] = Set{Value: c.Params[name], Source: c.Sources[name]}
		c.Params[name] = raised[name]
		c.source(name, FromClass(class))
	}
	return c, nil
}

// Raised says which parameters a class of data has raised, by their names, and which class.
func Raised(sources map[string]Source) map[string]string {
	var out map[string]string
	for name, source := range sources {
		class, ok := source.class()
		if !ok {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[name] = class
	}
	return out
}
