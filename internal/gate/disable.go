package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/plain"
)

// Disable turns a control, or the controls of a standard, off at a place; the empty place is everywhere.
type Disable struct {
	Origin
	Control string // or "standard:" and a key; empty: everything
	Where   Where
	Since   time.Time
	Stored  string // what the ledger has it under; empty where it does not come from there
}

// Bounds of what is disabled by hand: the table keeps it in one item with the document and the stops.
const (
	MostDisables = 64   // at a time
	maxPlaceText = 1000 // bytes of a place
)

// ErrMany says that no more can be disabled by hand.
var ErrMany = errors.New("as much is disabled by hand as there is room for")

// Place is the place as it is stored: equal places are equal texts; empty for everywhere.
func (d Disable) Place() (string, error) {
	text, err := json.Marshal(d.Where.sorted())
	switch {
	case err != nil:
		return "", fmt.Errorf("render a place: %w", err)
	case string(text) == "{}":
		return "", nil
	case len(text) > maxPlaceText:
		return "", fmt.Errorf("the place has %d bytes, room is for %d: name fewer accounts, units, Regions or tags at once",
			len(text), maxPlaceText)
	}
	return string(text), nil
}

// Key is what it is filed under: what it is about, and its place.
func (d Disable) Key() (string, error) {
	place, err := d.Place()
	if err != nil || place == "" {
		return strings.ToLower(d.Control), err
	}
	const enough = 6 // bytes of the sum: a control has a handful of places
	sum := sha256.Sum256([]byte(place))
	return strings.ToLower(d.Control) + "#" + hex.EncodeToString(sum[:enough]), nil
}

// Within tells that it is about what a key of the document names, in places that lie within others; none: everywhere.
func (d Disable) Within(key string, places []Where) bool {
	return strings.EqualFold(d.Control, key) &&
		(len(places) == 0 || slices.ContainsFunc(places, func(w Where) bool { return w.Covers(d.Where) }))
}

// about tells that it is about a control.
func (d Disable) about(c Control) bool {
	if d.Control == "" || strings.EqualFold(d.Control, c.ID) {
		return true
	}
	return slices.ContainsFunc(c.Standards, func(key string) bool {
		return strings.EqualFold(d.Control, StandardPrefix+key)
	})
}

// named is what it is about; control is how the one that was asked for is written.
func (d Disable) named(control string) string {
	if strings.EqualFold(d.Control, control) {
		return control
	}
	return d.Control
}

// Sentence says who disabled what, and why; control is the one that is asked about.
func (d Disable) Sentence(control string) string {
	what := d.named(control)
	if what == "" {
		what = "everything"
	}
	owner := plain.Short(d.Owner, maxOwner)
	if owner == "" {
		owner = "somebody"
	}
	text := owner + " disabled " + plain.Short(what, maxOwner) + " by hand"
	if reason := strings.TrimRight(plain.Short(d.Reason, maxReason), ". "); reason != "" {
		text += ": " + reason
	}
	return text
}

// Lift is the command that takes back what is disabled by hand, and changes nothing else.
func (d Disable) Lift(control string) string {
	return strings.TrimSpace("salve enable "+d.named(control)) + " --lift"
}

// Disabled is what is disabled by hand and holds for the input now. What a place depends on and is not known is its
// reason: whoever can looks it up and asks again.
func (in Input) Disabled() (Disable, Reason) {
	var open Disable
	unknown := Reason("")
	for _, d := range in.Overlay.Disables {
		if !d.Active(in.Now) || !d.about(in.Control) {
			continue
		}
		matched, missing := matches(d.Where, in)
		switch {
		case matched, missing == MissingTag, missing == MissingAccountTag: // it might belong there
			return d, Disabled
		case missing != "":
			open, unknown = d, missing
		}
	}
	return open, unknown
}

// disables also hold where nobody can tell whether the place matches.
func disables(in Input) (Decision, bool) {
	d, reason := in.Disabled()
	if reason == "" {
		return Decision{}, true
	}
	return d.refuse(reason), false
}
