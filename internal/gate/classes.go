package gate

import (
	"slices"

	"github.com/salve-security/salve/internal/names"
)

// Classes lower modes by the class of data that a tag of the resource names, as it is now. They never allow more than
// the mode of the control does.
type Classes struct {
	Tag    string `json:"tag" yaml:"tag"`
	Green  Class  `json:"green,omitzero" yaml:"green"`
	Yellow Class  `json:"yellow,omitzero" yaml:"yellow"`
	Red    Class  `json:"red,omitzero" yaml:"red"`
	// Unclassified is the mode of what has no such tag, or a value of no class.
	Unclassified Mode `json:"unclassified" yaml:"unclassified"`
}

// Class is one of them. Without values the name of the class is its value; without a mode green is auto, yellow approve
// and red off.
type Class struct {
	Values []string `json:"values,omitempty" yaml:"values"`
	Mode   Mode     `json:"mode,omitempty" yaml:"mode"`
	// Parameters of controls, by their ids, that hold for this class whatever the entries of the controls say.
	Parameters map[string]map[string]any `json:"parameters,omitempty" yaml:"parameters"`
}

// named is a class with its name, and with what holds where it is silent.
type named struct {
	name string
	Class
}

// all are the classes in order.
func (c Classes) all() [3]named {
	classes := [...]named{{"green", c.Green}, {"yellow", c.Yellow}, {"red", c.Red}}
	for i, mode := range [...]Mode{Auto, Approve, Off} {
		if len(classes[i].Values) == 0 {
			classes[i].Values = []string{classes[i].name}
		}
		if classes[i].Mode == "" {
			classes[i].Mode = mode
		}
	}
	return classes
}

// named is the class of a resource with these tags; false where it has none.
func (c Classes) named(tags map[string]string) (named, bool) {
	if value, ok := tags[c.Tag]; ok {
		for _, class := range c.all() {
			if slices.Contains(class.Values, value) {
				return class, true
			}
		}
	}
	return named{}, false
}

// of is what the class of a resource with these tags lets happen.
func (c Classes) of(tags map[string]string) setting {
	if class, ok := c.named(tags); ok {
		return setting{mode: class.Mode, place: "classes." + class.name}
	}
	return setting{mode: c.Unclassified, place: "classes.unclassified"}
}

// byClass is the stricter of what the mode allows and what the class of the data does. People whose name is known are
// bound by neither, and to take something back is no change of what is protected.
func byClass(in Input, d Decision) Decision {
	if in.Config.Classes == nil || allows(d) == 0 || in.Trigger == Operator || in.button() == names.ActionUndo {
		return d
	}
	if in.Snapshots.Tags == nil {
		return refuse(UnknownTags)
	}
	class := in.Config.Classes.of(in.Snapshots.Tags)
	if by := byButton(in, byMode(in, class.mode)); allows(by) < allows(d) {
		by.Reason, by.Mode, by.Rule = DataClass, class.mode, class.place
		return by
	}
	return d
}

// allows orders decisions by how much they let happen.
func allows(d Decision) int {
	switch d.Verdict { //nolint:exhaustive // the others let nothing happen
	case Act:
		return 3
	case Ask:
		return 2
	case Preview:
		return 1
	}
	return 0
}
