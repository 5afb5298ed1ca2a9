package policydoc_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

func TestFits(t *testing.T) {
	s := policydoc.State{
		"A": json.RawMessage(`{"Sid": "A", "Effect": "Deny"}`), "B": json.RawMessage(`{"Sid":"B","Effect":"Deny"}`),
	}
	least := len(`{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny"},{"Sid":"B","Effect":"Deny"}]}`)
	if err := s.Fits(least); err != nil {
		t.Errorf("%v, though it fits", err)
	}
	err := s.Fits(least - 3)
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "by 3") {
		t.Errorf("%v, want a refusal by 3 bytes", err)
	}
}
