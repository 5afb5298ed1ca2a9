package engine_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
)

// slowStore is a service that takes a change at once and shows it later.
type slowStore struct {
	clock *enginetest.Clock
	takes time.Duration

	mu    sync.Mutex
	since time.Time
	was   slowState
}

// slowState is the flags of a store; none at all where it has none.
type slowState struct{ Flags *enginetest.Flags }

func (s *slowStore) read(ctx context.Context, env control.Env) (slowState, error) {
	now, err := enginetest.ReadBlock(ctx, env)
	if err != nil {
		return slowState{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fixed := now != nil && *now == *enginetest.Block(true, true, true, true)
	if fixed && s.clock.Now().Before(s.since.Add(s.takes)) {
		return s.was, nil
	}
	return slowState{now}, nil
}

func (s *slowStore) write(ctx context.Context, env control.Env, from, to slowState) error {
	s.mu.Lock()
	s.since, s.was = s.clock.Now(), from
	s.mu.Unlock()
	return enginetest.WriteBlock(ctx, env, to.Flags)
}

// on makes Store.3 a control of the slow service for a process.
func (s *slowStore) on(t *testing.T, p *enginetest.Process) *enginetest.Process {
	t.Helper()
	info := enginetest.Declared(t, "Store.3")
	info.Settle = control.Settle{Typical: s.takes, Within: 2 * time.Hour}
	return enginetest.Instead(t, p, control.Of[slowState]{
		Info: info, Read: s.read, Write: s.write,
		Want: func(slowState, control.Env) (slowState, error) {
			return slowState{enginetest.Block(true, true, true, true)}, nil
		},
	})
}
