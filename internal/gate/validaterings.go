package gate

import (
	"fmt"
	"regexp"
	"strings"
)

// ringName is what people type.
var ringName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,29}$`)

// rings checks the order of rings, and that entries begin in one of them.
func (v *checker) rings(c Config) {
	if c.Rings != nil {
		v.order(c.Rings.Order)
		if n := c.Rings.AdvanceAfter; n != nil && (*n < 1 || *n > MostAdvance) {
			v.add("rings.advance_after", fmt.Sprintf("is %d", *n), fmt.Sprintf("write 1 to %d", MostAdvance))
		}
	}
	for _, key := range c.Keys() {
		rule, path := c.Controls[key], "controls."+key+".begins_in"
		switch {
		case rule.BeginsIn == "":
		case c.Rings == nil:
			v.add(path, "stands in a document without rings", "remove it, or give the document rings")
		case c.Rings.at(rule.BeginsIn) < 0:
			v.add(path, given(rule.BeginsIn), "write one of "+strings.Join(c.Rings.Names(), ", "))
		case rule.Mode != Auto:
			v.add(path, "stands without mode auto", "remove it: rings are about what acts by itself")
		}
	}
}

func (v *checker) order(rings []Ring) {
	if len(rings) == 0 || len(rings) > mostRings {
		v.add("rings.order", fmt.Sprintf("has %d rings", len(rings)),
			fmt.Sprintf("list 1 to %d; behind them comes %s by itself", mostRings, LastRing))
	}
	seen := map[string]bool{LastRing: true}
	for i, ring := range rings {
		at := fmt.Sprintf("rings.order[%d]", i)
		switch {
		case !ringName.MatchString(ring.Name):
			v.add(at+".name", given(ring.Name), "write small letters, digits and dashes, such as sandbox")
		case seen[ring.Name]:
			v.add(at+".name", "is "+ring.Name+", which another ring has", "give each a name of its own; "+LastRing+
				" is the one behind them")
		}
		seen[ring.Name] = true
		if ring.Where == nil {
			v.add(at+".where", "is missing", "say where the ring is")
		}
		v.places(at+".where", ring.Where, "say where the ring is")
	}
}
