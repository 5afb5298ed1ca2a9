package gate

import (
	"maps"
	"strings"
)

// Named is the document with the ids of controls and the keys of standards as name writes them. Commands that
// change one entry look for it under that name: in other letters there would be two.
func (c Config) Named(name func(control string) string) Config {
	rules := maps.Clone(c.Controls)
	for key, rule := range c.Controls {
		as := strings.ToLower(key)
		if !strings.HasPrefix(as, StandardPrefix) {
			as = name(key)
		}
		if _, taken := c.Controls[as]; taken {
			continue // it is the one that holds
		}
		delete(rules, key)
		rules[as] = rule
	}
	exceptions := make([]Exception, 0, len(c.Exceptions))
	for _, e := range c.Exceptions {
		if !e.Several() {
			e.Control = name(e.Control)
		}
		exceptions = append(exceptions, e)
	}
	c.Controls = rules
	if c.Classes != nil {
		classes := c.Classes.spelt(name)
		c.Classes = &classes
	}
	if len(exceptions) > 0 {
		c.Exceptions = exceptions
	}
	return c
}
