package gate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/plain"
)

// Rings is the way that a control takes which is newly on auto: it acts by itself in the first ring only, and in the
// next one too once enough of its fixes have held.
type Rings struct {
	// How many fixes in a ring are to be verified, and confirmed by Security Hub, before the control moves on.
	AdvanceAfter *int   `json:"advance_after,omitempty" yaml:"advance_after"`
	Order        []Ring `json:"order" yaml:"order"`
}

// Ring is a part of the organization. Behind the last one is LastRing, which is all the rest.
type Ring struct {
	Name  string  `json:"name" yaml:"name"`
	Where []Where `json:"where" yaml:"where"` // any of them
}

// LastRing is the name of the ring behind those of the document: everywhere.
const LastRing = "everywhere"

const (
	// usualAdvance is after how many fixes a control moves on where the document is silent.
	usualAdvance = 10
	// MostAdvance bounds that: each of them is remembered.
	MostAdvance = 500
	// mostRings is more than anybody waits for.
	mostRings = 8
)

// After is how many fixes of a ring have to hold before a control moves on.
func (r *Rings) After() int {
	if r == nil || r.AdvanceAfter == nil {
		return usualAdvance
	}
	return min(max(1, *r.AdvanceAfter), MostAdvance)
}

// Names lists the rings in order, LastRing at the end.
func (r *Rings) Names() []string {
	var out []string
	if r != nil {
		for _, ring := range r.Order {
			out = append(out, ring.Name)
		}
	}
	return append(out, LastRing)
}

// at is where a ring stands in the order; -1 where there is none of the name.
func (r *Rings) at(name string) int { return slices.Index(r.Names(), name) }

// Moved says in which ring a control is, where somebody or Salve itself has moved it. It stands beside the document,
// and holds only as long as no push has changed a mode that holds for the control.
type Moved struct {
	Ring   string
	Bound  int64 // the version that changed a mode for the control last
	Change int64 // number of the change
	At     time.Time
	Salve  bool // by itself; else a person did
}

// Change moves a control from a ring to another: an entry of the history.
type Change struct {
	Number   int64
	Control  string
	From, To string
	Bound    int64
	Version  int64 // of the document that it was decided with
	By       string
	Why      string
	At       time.Time // kept in seconds
	Salve    bool
}

// KeptChanges is how many changes of rings are kept.
const KeptChanges = 100

// MostMoved bounds how many controls are in a ring that the document does not say: they are kept in its item.
const MostMoved = 600

// ErrManyMoved says that no other control can be moved.
var ErrManyMoved = errors.New("as many controls have been moved from ring to ring as there is room for")

// Stage is how far a control has come on its way through the rings.
type Stage struct {
	Ring  string // its name
	At    int    // in the order
	Last  bool   // it acts everywhere
	Next  string // the ring after it; empty behind the last one
	Bound int64
	Moved Moved // how it came there; the zero Moved where it begins there
}

// Stamp names the stage: what counts for one counts for no other, be it in the same ring.
func (s Stage) Stamp() string { return fmt.Sprintf("%s %d.%d", s.Ring, s.Bound, s.Moved.Change) }

// Stage is how far a control has come. What nobody can tell, such as a ring that there is no more, begins anew.
func (o Overlay) Stage(c Config, of Control) Stage {
	s := Stage{Bound: o.bound(of), At: c.begins(of)}
	if m, ok := o.Moved[strings.ToLower(of.ID)]; ok && m.Bound == s.Bound {
		if at := c.Rings.at(m.Ring); at >= 0 {
			s.At, s.Moved = at, m
		}
	}
	names := c.Rings.Names()
	s.Ring, s.Last = names[s.At], s.At == len(names)-1
	if !s.Last {
		s.Next = names[s.At+1]
	}
	return s
}

// bound is the version that last changed the mode of an entry which holds for a control: its own, that
// of a pattern which means it, or a standard's.
func (o Overlay) bound(of Control) int64 {
	version := o.Modes[strings.ToLower(of.ID)]
	for _, key := range of.Standards {
		version = max(version, o.Modes[strings.ToLower(StandardPrefix+key)])
	}
	for key, at := range o.Modes {
		if at > version && Pattern(key) && plain.Like(key, strings.ToLower(of.ID)) {
			version = at
		}
	}
	return version
}

// begins is the ring in which a control begins: the first, unless its entry says another; of standards the narrowest.
func (c Config) begins(of Control) int {
	if _, own := entry(c, of.ID); own.Mode == Auto {
		return max(0, c.Rings.at(cmp.Or(own.BeginsIn, c.Rings.Names()[0])))
	}
	first := -1
	narrower := func(rule Rule) {
		if rule.Mode != Auto {
			return
		}
		if at := max(0, c.Rings.at(cmp.Or(rule.BeginsIn, c.Rings.Names()[0]))); first < 0 || at < first {
			first = at
		}
	}
	for _, key := range c.patterns(of.ID) {
		narrower(c.Controls[key])
	}
	if first >= 0 {
		return first
	}
	for _, key := range of.Standards {
		_, rule := entry(c, StandardPrefix+key)
		narrower(rule)
	}
	return max(0, first)
}

// byRing keeps what acts by itself within the ring that its control has come to. People who ask are no matter to it.
func byRing(in Input, d Decision) Decision {
	if d.Verdict != Act || d.Mode != Auto || in.Config.Rings == nil || in.Trigger == Operator || in.Trigger == Click {
		return d
	}
	stage := in.Overlay.Stage(in.Config, in.Control)
	d.Ring = stage.Stamp()
	if stage.Last {
		return d
	}
	missing := Reason("")
	for _, ring := range in.Config.Rings.Order[:stage.At+1] {
		at, unknown := anyWhere(ring.Where, in)
		if at >= 0 {
			return d
		}
		if unknown != "" && unknown != MissingTag { // without the tag it is in no ring that asks for it
			missing = unknown
		}
	}
	out := refuse(cmp.Or(missing, OutsideRing))
	out.Mode, out.Rule, out.Detail = d.Mode, d.Rule, "ring "+stage.Ring
	return out
}

// ModesMoved is, by entry in small letters, the version that last changed its mode, once a document takes the place of
// the stored one as a version. An entry keeps its number when it is gone: one that comes back is a new one.
func (s Settings) ModesMoved(to Config, next int64) map[string]int64 {
	out := map[string]int64{}
	for key, version := range s.Modes {
		out[key] = version
	}
	from, err := s.Config()
	if err != nil {
		from = Config{} // nobody knows what was there: all of it is new
	}
	was, is := modesOf(from), modesOf(to)
	for _, key := range keysOf(was, is) {
		if was[key] != is[key] || out[key] == 0 {
			out[key] = next
		}
	}
	return out
}

// modesOf are the modes of entries, by their keys in small letters.
func modesOf(c Config) map[string]any {
	out := map[string]any{}
	for key, rule := range c.Controls {
		if rule.Mode != "" {
			out[strings.ToLower(key)] = rule.Mode
		}
	}
	return out
}

// Kept is the change as the history gives it back.
func (c Change) Kept() Change {
	c.At = time.Unix(c.At.Unix(), 0).UTC()
	return c
}

// In is where controls are once the change is made.
func (c Change) In(moved map[string]Moved) (map[string]Moved, error) {
	out, key := map[string]Moved{}, strings.ToLower(c.Control)
	for id, m := range moved {
		out[id] = m
	}
	if _, there := out[key]; !there && len(out) >= MostMoved {
		return nil, ErrManyMoved
	}
	out[key] = Moved{Ring: c.To, Bound: c.Bound, Change: c.Number, At: c.Kept().At, Salve: c.Salve}
	return out, nil
}

// Doubt is what speaks against a control, such as an undo of one of its fixes.
type Doubt struct {
	Why string
	At  time.Time
}

// Open are the doubts about a control that no person has answered since, by moving it himself.
func (s Settings) Open(control string, doubts []Doubt) []string {
	m := s.Moved[strings.ToLower(control)]
	var out []string
	for _, d := range doubts {
		if m.Change == 0 || m.Salve || !d.At.Before(m.At) {
			out = append(out, d.Why)
		}
	}
	return out
}
