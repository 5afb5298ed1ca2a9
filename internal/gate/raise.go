package gate

import "strings"

// Raised is what the class of the data of a resource with these tags sets for a control, whatever its entry says, and
// the name of the class; nothing where no class does.
func (c Config) Raised(id string, tags map[string]string) (class string, params map[string]any) {
	if c.Classes == nil {
		return "", nil
	}
	of, ok := c.Classes.named(tags)
	if params = of.raises(id); !ok || len(params) == 0 {
		return "", nil
	}
	return of.name, params
}

// Raisers are the parameters that classes set for a control, by the names of the classes; none where no class does.
func (c Config) Raisers(id string) map[string]map[string]any {
	if c.Classes == nil {
		return nil
	}
	var out map[string]map[string]any
	for _, class := range c.Classes.all() {
		if params := class.raises(id); len(params) > 0 {
			if out == nil {
				out = map[string]map[string]any{}
			}
			out[class.name] = params
		}
	}
	return out
}

// raises are the parameters that a class sets for a control, in any case of letters.
func (c Class) raises(id string) map[string]any {
	if params, ok := c.Parameters[id]; ok {
		return params
	}
	for name, params := range c.Parameters {
		if strings.EqualFold(name, id) {
			return params
		}
	}
	return nil
}

// spelt are the classes with the ids of controls as name writes them.
func (c Classes) spelt(name func(control string) string) Classes {
	for _, class := range []*Class{&c.Green, &c.Yellow, &c.Red} {
		if len(class.Parameters) == 0 {
			continue
		}
		as := make(map[string]map[string]any, len(class.Parameters))
		for id, params := range class.Parameters {
			as[name(id)] = params
		}
		class.Parameters = as
	}
	return c
}

// modes are the classes without the parameters: those say how, not where.
func (c Classes) modes() Classes {
	c.Green.Parameters, c.Yellow.Parameters, c.Red.Parameters = nil, nil, nil
	return c
}
