package report

import (
	"time"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// Hold is what keeps the engine away from a piece of work.
type Hold struct {
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until"`
}

// HoldOf is the form of a hold; none stays none.
func HoldOf(h *run.Hold) *Hold {
	if h == nil {
		return nil
	}
	return &Hold{By: h.By, Reason: h.Reason, Until: h.Until.UTC()}
}

// Everything stands for the control of a stop of everything.
const Everything = "*"

// Stop is a stop of a control or of everything.
type Stop struct {
	Control string    `json:"control"`           // Everything for all of them
	Account string    `json:"account,omitempty"` // not there: all accounts
	By      string    `json:"by"`
	Reason  string    `json:"reason"`
	Since   time.Time `json:"since,omitzero"`
	Until   time.Time `json:"until,omitzero"` // not there: until it is lifted
}

// StopOf is the form of a stop. The control's id is taken as it stands.
func StopOf(s gate.Stop) Stop {
	out := Stop{
		Control: s.Control, Account: s.Account, By: s.Owner, Reason: s.Reason, Since: s.Since.UTC(), Until: s.Expires.UTC(),
	}
	if s.Everything() {
		out.Control = Everything
	}
	return out
}
