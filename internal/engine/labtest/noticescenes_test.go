package labtest

import (
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

func (s *story) mode(m gate.Mode) gate.Config {
	c := enginetest.Modes(m)
	c.Contact, c.Docs = s.config.Contact, s.config.Docs
	return c
}

// half lets a write get half way and end with an error.
func (s *story) half(err error) {
	b := s.open("logs")
	s.after(func() error {
		s.setFlags(s.T, b, block(true, false, true, true))
		return err
	})
	s.finds(b)
}

func (s *story) undo(want run.Status) {
	s.Helper()
	r, err := s.p.Undo(s.Context(), s.runs(s.T)[0].ID, "alice@example.org")
	if err != nil || r.Status != want {
		s.Fatalf("undo %+v, %v", r, err)
	}
}

// denied is a session policy without the right to write: AWS says no, and says why.
func denied(s *story) {
	s.with(func(i *control.Info) { i.Actions = []string{"s3:GetBucketPublicAccessBlock"} })
	s.finds(s.open("logs"))
}

func manyDenied(s *story) {
	s.with(func(i *control.Info) { i.Actions = []string{"s3:GetBucketPublicAccessBlock"} })
	for i := range 8 {
		s.finds(s.open(fmt.Sprint("logs-", i)))
	}
	s.told = len(s.p.told()) // those that were told one by one
	s.digest()
}

// reverted is a fourth fix of what was fixed three times.
func reverted(s *story) {
	b := s.open("logs")
	for range 3 {
		s.again(b)
		s.digest()
	}
	s.told = len(s.p.told())
	s.again(b)
}

// cooling is a finding that is reported a fifth time within the hour.
func cooling(s *story) {
	s.config = s.mode(gate.Plan)
	b := s.open("logs")
	for range 4 {
		s.again(b)
		s.clock.Move(6 * time.Minute)
	}
	s.digest()
	s.told = len(s.p.told())
	s.again(b)
}

// limited is an account that has had its share of runs.
func limited(s *story) {
	book := wire.Ledger(s.Root(s.Hub()), s.settings)
	_, drawn, err := book.Draw(s.Context(), s.member, time.Hour, s.clock.Now(), time.Time{})
	if err != nil || !drawn {
		s.Fatal(drawn, err)
	}
	s.finds(s.open("logs"))
}

// again opens a bucket once more, which a later check reports.
func (s *story) again(bucket string) {
	s.setFlags(s.T, bucket, block(false, false, true, true))
	spec := s.reported(bucket)
	spec.Status, spec.At = "PASSED", s.clock.Now()
	s.report(s.T, spec)
	s.clock.Move(time.Second)
	spec.Status, spec.At = "FAILED", s.clock.Now()
	s.last = s.report(s.T, spec)
	s.p.handle(s.T, s.imported(s.T, s.last))
}

// disputed is a fix that Security Hub does not see.
func disputed(s *story) {
	b := s.open("logs")
	s.finds(b)
	s.digest()
	s.told = len(s.p.told())
	s.clock.Move(time.Hour)
	spec := s.reported(b)
	spec.At = s.clock.Now()
	s.report(s.T, spec)
	s.clock.Move(36 * time.Hour)
	s.p.handle(s.T, enginetest.Sweep())
}

// stopped is one failure too many.
func stopped(s *story) {
	s.p.Stops = wire.Ports(wire.Known{
		Controls: s.p.Controls, Standards: enginetest.Standards{},
	}, s.hub, s.settings, "stops", s.p.audit).Stops
	s.on[write] = func(func() error) error { return invalid() }
	for i := range 4 {
		s.finds(s.open(fmt.Sprint("logs-", i)))
	}
	s.told = len(s.p.told())
	s.finds(s.open("last")) // which people hear of after the stop
	s.last, s.only = "", notice.Stopped
}
