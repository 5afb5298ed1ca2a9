package memory_test

import (
	"testing"

	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/ledger/memory"
)

// shelf is the ledger, and what is in it.
type shelf struct{ *memory.Ledger }

func (s shelf) Holder(_ *testing.T, lock string) string { return s.Locks()[lock] }

func (s shelf) Forget(_ *testing.T, id string) { s.Ledger.Forget(id) }

func (s shelf) Spoil(*testing.T) { s.Ledger.Spoil() }

func (s shelf) Garble(_ *testing.T, id string) { s.Edit(id, func(string) string { return "{" }) }

func (s shelf) Stored(_ *testing.T, id string) string { return s.Ledger.Stored(id) }

// TestContract: the ledger of tests does what every ledger must.
func TestContract(t *testing.T) {
	ledgertest.Contract(t, func(*testing.T) ledgertest.Ledger { return shelf{memory.New()} })
}
