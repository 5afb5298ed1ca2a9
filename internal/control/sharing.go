package control

import "cmp"

// written names what the control writes; "" where no other control writes it.
func (i Info) written() string { return cmp.Or(i.Writes, i.State) }

// Same tells that another resource id names the same thing as the target's, such
// as a function with and without a version.
func (i Info) Same(t Target, resource string) bool {
	of := t
	of.Resource = resource
	name, ok := i.Name(t)
	other, fits := i.Name(of)
	return ok && fits && name == other && i.Root(t) == i.Root(of)
}

// Sharing returns the ids of the other controls that write the same as one.
func (r Registry) Sharing(c Control) []string {
	return r.sharing(c, func(Control) bool { return true })
}

// SharingOn returns those that write the same on a resource.
func (r Registry) SharingOn(c Control, t Target) []string {
	return r.sharing(c, func(o Control) bool { return c.Beside(o, t) })
}

func (r Registry) sharing(c Control, fits func(Control) bool) []string {
	var ids []string
	for _, o := range r.all {
		if o.ID != c.ID && c.written() != "" && c.written() == o.written() && fits(o) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}
