package kind_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

func TestAnswered(t *testing.T) {
	off := false
	if v, err := kind.Answered(&off, "GetLamp", "its state"); v || err != nil {
		t.Errorf("off is %v, %v", v, err)
	}
	_, err := kind.Answered[bool](nil, "GetLamp", "its state")
	if fault.Of(err) != fault.Invalid || !strings.Contains(err.Error(), "GetLamp answered without its state") {
		t.Errorf("nothing is %v", err)
	}
}
