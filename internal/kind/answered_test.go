package kind_test

import (
	"fmt"
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

func TestOnly(t *testing.T) {
	if v, err := kind.Only([]string{"lamp"}, "GetLamps", "lamps", "a"); v != "lamp" || err != nil {
		t.Errorf("one is %q, %v", v, err)
	}
	for _, all := range [][]string{nil, {"lamp", "lamp"}} {
		_, err := kind.Only(all, "GetLamps", "lamps", "a")
		want := fmt.Sprintf("GetLamps answered with %d lamps of the name a", len(all))
		if fault.Of(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%d are %v", len(all), err)
		}
	}
}
