// Package enginetest is the world that the engine's decisions are tested in: a
// fixed set of controls on member accounts that are maps, the ledger of tests, a
// Security Hub without a network, and people and queues that keep what they get.
// Nothing of it is AWS, nothing of it is one of the controls that Salve ships, and
// a whole world is made in less than a millisecond.
//
// Every call that a process of the engine makes to the world around it, be it to
// the ledger, a member, Security Hub, a queue or people, is counted and can be
// struck by a Hook, before it or when its answer is on its way.
package enginetest

import (
	"sync"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/gate"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/ledger/memory"
	"github.com/salve-security/salve/internal/run"
)

// The accounts of a world, its one Region, and the custom action of its hub.
const (
	Hub       = "111111111111"
	Member    = "222222222222"
	Other     = "333333333333" // another member
	Region    = "us-east-1"
	Root      = "r-root1" // of the organization
	ActionArn = "arn:aws:securityhub:us-east-1:111111111111:action/custom/SalveRemediate"
)

// Later lets all leases, deferrals and digests end.
const Later = 20 * time.Minute

// World is one organisation with a clock of the test's own. It belongs to one test.
type World struct {
	Clock  *Clock
	Ledger *memory.Ledger
	Config gate.Config       // what processes are told, read at every decision
	Above  map[string]string // of accounts and units of the organization, what they are in; its root is Root
	// Calendars are change calendars, by name.
	Calendars map[string]gate.CalendarState
	// AccountTags are those of accounts in the organization.
	AccountTags map[string]map[string]string
	Judged      map[string]control.Judged // what Security Hub judges controls by in every account
	Digest      time.Duration
	Inbox       Inbox

	controls control.Registry
	hub      *labhub.Hub

	mu        sync.Mutex
	resources map[string]*resource // by id
	untrusted map[string]bool      // accounts without the role
	forbidden map[string]string    // kinds of policy by the action they deny
	faults    map[string]error     // by operation
	calls     []Call               // that were carried out
	events    []engine.Message
	dead      []Rejected
	nudges    []Nudge
	asked     []run.Evaluation
}

// New returns a world in which Store.1 to Store.3 act by themselves. It is ten
// minutes past an hour, so that no hour and no day ends in the middle of a test.
func New(t *testing.T) *World {
	t.Helper()
	w := &World{
		Clock: NewClock(time.Date(2026, 3, 2, 10, 10, 0, 0, time.UTC)), Ledger: memory.New(), Config: Modes(gate.Auto),
		Digest:    5 * time.Minute,
		resources: map[string]*resource{}, untrusted: map[string]bool{}, forbidden: map[string]string{},
		faults: map[string]error{},
	}
	w.controls = Registry(t)
	w.hub = labhub.New(labhub.Options{
		Hub: Hub, Members: []string{Member, Other}, Emit: w.emit, Clock: w.Clock.Now,
	})
	w.Ledger.Before, w.Ledger.After = w.beforeLedger, w.afterLedger
	for _, account := range []string{Member, Other} {
		w.add("AWS::::Account:"+account, account, "")
	}
	return w
}

// Where is automation of Store.3 in one kind of place.
func Where(place gate.Where) gate.Config {
	return gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{
		"Store.3": {Mode: gate.Auto, Where: []gate.Where{place}},
	}}
}

// Modes is the configuration that gives Store.1 to Store.3 a mode.
func Modes(m gate.Mode) gate.Config {
	rule := gate.Rule{Mode: m}
	return gate.Config{
		Version: gate.Version, Controls: map[string]gate.Rule{"Store.1": rule, "Store.2": rule, "Store.3": rule},
	}
}
