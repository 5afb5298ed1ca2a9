package engine_test

import (
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

func inMode(m gate.Mode) func(*scene) {
	return func(s *scene) {
		if s.undoes() {
			s.fixedBefore()
		}
		s.w.Config = enginetest.Modes(m)
		if s.Trigger == outcome.Operator { // whose own yes is enough where nobody wants four eyes
			s.w.Config.Approvals = &gate.Approvals{FourEyes: true}
		}
		plainly(s)
	}
}

func unknownControl(s *scene) {
	spec := enginetest.Spec(s.store)
	spec.Control = "Store.9"
	s.id = s.w.Report(s.T, spec)
	s.begin()
	s.asks()
}

// another is a resource that the control does not work on.
func another(s *scene) {
	spec := enginetest.Spec("arn:aws:shed:::" + s.store[len(s.store)-5:])
	s.id = s.w.Report(s.T, spec)
	s.begin()
	s.asks()
}

func onHold(s *scene) {
	s.fixedBefore()
	hold := run.Hold{Until: s.w.Clock.Now().Add(24 * time.Hour), By: "ann", Reason: "hands off"}
	if err := s.w.Ledger.KeepOff(s.Context(), s.fix.Key, hold); err != nil {
		s.Fatal(err)
	}
	s.w.Mark(s.T, s.id, finding.New)
	s.begin()
	s.asks()
}

// tugOfWar is a fourth fix of what was fixed three times.
func tugOfWar(s *scene) {
	for range 3 {
		s.fixedBefore()
		s.w.SetFlags(s.T, s.store, nil)
		s.w.Mark(s.T, s.id, finding.New)
	}
	s.begin()
	s.asks()
}

// oneTooMany fails as often as the breaker lets it, and then once more.
func oneTooMany(s *scene) {
	if s.Trigger == outcome.Check {
		differently(finding.Failed)(&scene{
			T: s.T, Cell: outcome.Cell{Written: s.Written, Trigger: outcome.Operator}, w: s.w, p: s.p, store: s.store, id: s.id,
			after: s.after, before: s.before,
		})
		s.w.Clock.Move(36 * time.Hour)
	}
	denied := fault.New(fault.Denied, "not by you")
	s.w.Fail("GetBlock", denied)
	for range 4 {
		s.p.Handled(s.T, s.w.Imported(s.T, s.w.Report(s.T, enginetest.Spec(s.w.Store(s.T, nil)))))
	}
	s.w.Heal()
	if s.Trigger == outcome.Check {
		s.begin()
		s.asks()
		return
	}
	answering(denied)(s)
}

// scenes bring about the outcomes.
func scenes() map[outcome.Outcome]func(*scene) {
	return map[outcome.Outcome]func(*scene){
		outcome.Verified: plainly, outcome.Compliant: compliant, outcome.Undone: undone,
		outcome.Gone: gone, outcome.UndoneInPart: inPart, outcome.Resting: resting, outcome.Limited: limited,
		outcome.AwaitsTime: closed,
		outcome.Full:       full,
		outcome.Failed:     answering(fault.New(fault.Invalid, "that makes no sense")),
		outcome.Denied:     answering(fault.New(fault.Denied, "not by you")),
		outcome.Refused:    answering(fault.New(fault.Refused, "it is full")),
		outcome.Deferred:   answering(enginetest.Throttled()),
		outcome.Unverified: lost, outcome.Parked: slow, outcome.Unattended: unattended, outcome.LetGo: letGo,
		outcome.Planned: inMode(gate.Plan), outcome.AwaitingApproval: inMode(gate.Approve),
		outcome.NotAllowed: inMode(gate.Off), outcome.NotLive: marked(finding.Suppressed), outcome.NoPlaybook: unknownControl,
		outcome.NotOurs: another,
		outcome.OnHold:  onHold, outcome.Reverted: tugOfWar,
		outcome.AwaitsRole: withoutRole, outcome.NotOnboarded: withoutRole,
		outcome.Disputed: differently(finding.Failed), outcome.Confirmed: differently(finding.Passed),
		outcome.Stopped: oneTooMany, outcome.Unproven: unproven,
	}
}
