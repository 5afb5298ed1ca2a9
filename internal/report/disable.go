package report

import (
	"time"

	"github.com/salve-security/salve/internal/gate"
)

// Disable is what a person has switched off by hand.
type Disable struct {
	Control string     `json:"control"`        // or "standard:" and its key; Everything where the entry cannot be read
	Where   gate.Where `json:"where,omitzero"` // not there: everywhere
	By      string     `json:"by"`
	Reason  string     `json:"reason"`
	Since   time.Time  `json:"since,omitzero"`
	Until   time.Time  `json:"until,omitzero"` // not there: until it is taken back
}

// DisableOf is the form of what is disabled. The control's id is taken as it stands.
func DisableOf(d gate.Disable) Disable {
	out := Disable{
		Control: d.Control, Where: d.Where, By: d.Owner, Reason: d.Reason, Since: d.Since.UTC(), Until: d.Expires.UTC(),
	}
	if d.Control == "" {
		out.Control = Everything
	}
	return out
}
