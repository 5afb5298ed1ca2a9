package gate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (v *checker) classes(classes *Classes) {
	if classes == nil {
		return
	}
	v.enforced(SectionClasses, "classes")
	if classes.Tag == "" {
		v.add("classes.tag", "is missing", "name the tag that holds the class")
	}
	if classes.Unclassified == "" {
		v.add("classes.unclassified", "is missing", "say what may happen to what has no class: such as approve, or off")
	}
	v.mode("classes.unclassified", classes.Unclassified)
	seen := map[string]string{}
	for _, class := range classes.all() {
		at := "classes." + class.name
		v.mode(at+".mode", class.Mode)
		v.raised(at+".parameters", class.Parameters)
		for i, value := range class.Values {
			if other, twice := seen[value]; twice {
				v.add(fmt.Sprintf("%s.values[%d]", at, i), fmt.Sprintf("is %q, which %s has", value, other), "keep one")
			}
			seen[value] = class.name
		}
	}
	for name, values := range map[string][]string{
		"green": classes.Green.Values, "yellow": classes.Yellow.Values, "red": classes.Red.Values,
	} {
		if values != nil && len(values) == 0 {
			v.add("classes."+name+".values", "is empty", "list values or remove it")
		}
	}
}

// raised checks parameters of a class as those of an entry are checked.
func (v *checker) raised(path string, controls map[string]map[string]any) {
	if controls != nil && len(controls) == 0 {
		v.add(path, "is empty", "write CONTROL: {PARAMETER: VALUE}, or remove it")
	}
	seen := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(controls)) {
		at, given := path+"."+id, controls[id]
		if seen[strings.ToLower(id)] {
			v.add(at, "is given twice, in different case", "keep one")
		}
		seen[strings.ToLower(id)] = true
		_, err := json.Marshal(given)
		switch {
		case strings.HasPrefix(strings.ToLower(id), StandardPrefix):
			v.add(at, "gives parameters for a standard", "give them to single controls")
		case !v.known.Control(id):
			v.add(at, "is not a control Salve knows", "salve controls list shows them")
		case len(given) == 0:
			v.add(at, "says nothing", "give it parameters, or remove it")
		case err != nil:
			v.add(at, "holds a value JSON does not know", "use text, numbers, true, false and lists of them")
		default:
			v.params(at, id, given)
		}
	}
}
