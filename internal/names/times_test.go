package names_test

import (
	"testing"

	"github.com/salve-security/salve/internal/names"
)

func TestTimesOutlastEachOther(t *testing.T) {
	if names.Budget >= names.FunctionTimeout {
		t.Error("the budget must end before Lambda ends the function")
	}
	if names.FunctionTimeout >= names.Lease {
		t.Error("the lease must outlive the function")
	}
	if names.Lease >= names.QueueVisibility {
		t.Error("a message must stay hidden for longer than the lease")
	}
	if names.QueueVisibility < 6*names.FunctionTimeout {
		t.Error("AWS asks for a visibility of six function timeouts")
	}
}
