package labtest

import (
	"testing"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/run"
)

// TestAHundredFindings is the most an event may hold: all of one bucket, all
// told by the one run they have started.
func TestAHundredFindings(t *testing.T) {
	const most = 100
	w := newWorld(t)
	b := w.bucket(t, nil)
	var ids []string
	for i := range most {
		ids = append(ids, w.numbered(t, b, "Store.3", i))
	}
	p := w.start(t)
	p.handle(t, w.imported(t, ids...))
	w.fixed(t, b, ids...)
	if r := w.only(t); r.Status != run.StatusVerified || len(r.Findings) != most {
		t.Errorf("run is %s with %d findings", r.Status, len(r.Findings))
	}
	for _, line := range p.audited() {
		if line.Event != audit.Finished {
			t.Errorf("audited %+v", line)
		}
	}
}
