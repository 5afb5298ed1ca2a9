package assess

import "slices"

// entry is what memory keeps of a piece of work.
type entry struct {
	at, answered     int64  // where unit and answer stand; answered is 0 while there is none
	findings         uint32 // in parts that ended
	coming           uint32 // in the part that is listed
	failed, unsure   uint16 // standards, as bits
	failing, doubted uint16 // the same of the part that is listed
	control, account uint32 // among names
	severity         uint8
	class            uint8 // among Classes, from 1; 0 while there is no answer
	impact           bool  // somebody would notice
}

// index is what memory keeps of a journal.
type index struct {
	units       []entry
	numbers     map[[16]byte]int32
	names       []string
	named       map[string]uint32
	standards   []string // at most 16: those of a release
	part        int      // how many have ended
	findings    int      // in parts that ended
	coming      int      // in the part that is listed
	disbelieved int
	doubtful    int // of disbelieved, in the part that is listed
	listed      bool
	checked     []checked
}

func newIndex() index { return index{numbers: map[[16]byte]int32{}, named: map[string]uint32{}} }

// take takes up a line that stands at a place.
func (x *index) take(l line, at int64) {
	switch {
	case l.Part != nil:
		x.forget()
	case l.Ended != nil:
		x.ended(*l.Ended)
	case l.Unit != nil:
		x.numbers[l.Unit.key()] = int32(len(x.units)) //nolint:gosec // findings of an organization fit
		x.units = append(x.units, entry{
			at: at, control: x.name(l.Unit.Control), account: x.name(l.Unit.Account), severity: rank(l.Unit.Severity),
		})
	case l.Page != nil:
		x.page(*l.Page)
	case l.Checked != nil:
		x.checked = append(x.checked, *l.Checked)
	case l.Listed:
		x.listed = true
	case l.Answer != nil && l.Answer.Number < len(x.units):
		e := &x.units[l.Answer.Number]
		e.answered = at
		e.class = uint8(slices.Index(Classes(), l.Answer.Class) + 1) //nolint:gosec // there are seven
		e.impact = l.Answer.Impact != "" && l.Answer.Impact != "none"
	}
}

// forget drops what was counted of a part that is listed anew.
func (x *index) forget() {
	x.doubtful, x.coming = 0, 0
	for i := range x.units {
		e := &x.units[i]
		e.coming, e.failing, e.doubted = 0, 0, 0
	}
}

// ended keeps what was counted of a part.
func (x *index) ended(part int) {
	x.part, x.disbelieved, x.findings = part+1, x.disbelieved+x.doubtful, x.findings+x.coming
	for i := range x.units {
		e := &x.units[i]
		e.findings, e.failed, e.unsure = e.findings+e.coming, e.failed|e.failing, e.unsure|e.doubted
	}
	x.forget()
}

// page counts what a page has.
func (x *index) page(p page) {
	x.doubtful += p.Disbelieved
	for _, f := range p.Found {
		if f.Number >= len(x.units) {
			continue
		}
		e := &x.units[f.Number]
		x.coming += f.Count
		e.coming += uint32(f.Count) //nolint:gosec // a page has a hundred
		e.failing |= x.bits(f.Failed)
		e.doubted |= x.bits(f.Unsure)
	}
}

// name is the number of a name that many share.
func (x *index) name(text string) uint32 {
	n, ok := x.named[text]
	if !ok {
		n = uint32(len(x.names)) //nolint:gosec // accounts and controls
		x.names, x.named[text] = append(x.names, text), n
	}
	return n
}

// bits are standards as bits.
func (x *index) bits(keys []string) (out uint16) {
	const most = 16
	for _, key := range keys {
		at := slices.Index(x.standards, key)
		if at < 0 {
			at, x.standards = len(x.standards), append(x.standards, key)
		}
		if at < most {
			out |= 1 << at
		}
	}
	return out
}

// keys are the standards that bits stand for.
func (x *index) keys(bits uint16) []string {
	var out []string
	for at, key := range x.standards {
		if bits&(1<<at) != 0 {
			out = append(out, key)
		}
	}
	return out
}
