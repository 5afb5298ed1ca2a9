package lab

import (
	"net/http"
	"strings"
)

// same is what equal calls have in common.
func (c *call) same() string {
	return strings.Join([]string{
		c.account, c.region, c.service, c.operation, c.method, c.rawPath, c.rawQuery, string(c.body),
	}, "\x00")
}

// remember keeps the answer to a call that a stale fault may want to give again. The first one stays: what is
// stale is the state before the fault.
func (f *faults) remember(c *call, got *answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if rule.Error != FaultStale || !rule.means(c) {
			continue
		}
		if f.answers == nil {
			f.answers = map[string]*answer{}
		}
		if key := c.same(); got != nil && got.status < http.StatusInternalServerError && f.answers[key] == nil {
			f.answers[key] = got
		}
		return
	}
}

// before is the answer to the same call before.
func (f *faults) before(c *call) *answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answers[c.same()]
}
