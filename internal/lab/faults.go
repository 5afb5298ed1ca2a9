package lab

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Kinds of faults.
const (
	FaultThrottle = "throttle" // the service's own "too many requests"; not executed
	Fault500      = "500"      // the service's own internal error; not executed
	FaultTimeout  = "timeout"  // no answer, ever; not executed
	FaultDrop     = "drop"     // executed, and the answer is lost
	FaultStale    = "stale"    // not executed; the answer to the same call before, as reads may lag behind writes
)

// errorCode is a code as AWS's services spell them, such as LimitExceededException or InvalidGroup.NotFound.
var errorCode = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)*$`)

// Fault makes calls fail. Of the calls it matches, the first After pass; then Count fail (0: all of them), or
// every so many that Rate is met (0 means 1). Nothing is random: the same calls give the same faults.
type Fault struct {
	Service   string  `json:"service,omitempty"`   // signing name; empty or * matches all
	Operation string  `json:"operation,omitempty"` // API operation or IAM action name; empty or * matches all
	Error     string  `json:"error"`               // a kind, or the code of an error of AWS's; not executed then
	Rate      float64 `json:"rate,omitempty"`
	Count     int     `json:"count,omitempty"`
	After     int     `json:"after,omitempty"`
}

// faults is the list in force.
type faults struct {
	mu      sync.Mutex
	rules   []*faultRule
	answers map[string]*answer // that a stale fault gives again
}

// faultRule is a fault with its count of calls.
type faultRule struct {
	Fault
	seen, failed int
	owed         float64
}

func (f Fault) validate() error {
	switch f.Error {
	case FaultThrottle, Fault500, FaultTimeout, FaultDrop, FaultStale:
	default:
		if !errorCode.MatchString(f.Error) {
			return fmt.Errorf("error %q: choose %s, %s, %s, %s or %s, or write a code of AWS's such as "+
				"LimitExceededException", f.Error, FaultThrottle, Fault500, FaultTimeout, FaultDrop, FaultStale)
		}
	}
	if f.Rate < 0 || f.Rate > 1 {
		return fmt.Errorf("rate %v: give a share of the calls between 0 and 1", f.Rate)
	}
	if f.Count < 0 || f.After < 0 {
		return errors.New("count and after: give numbers of calls, 0 or more")
	}
	return nil
}

func (f *faults) add(fault Fault) error {
	if err := fault.validate(); err != nil {
		return err
	}
	if fault.Rate == 0 {
		fault.Rate = 1
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, &faultRule{Fault: fault})
	return nil
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules, f.answers = nil, nil
}

// list returns the faults in force.
func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []Fault{}
	for _, rule := range f.rules {
		list = append(list, rule.Fault)
	}
	return list
}

// waitFor tells whether a fault may hit this service, so that the call's operation must be known first.
func (f *faults) waitFor(service string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if matches(rule.Service, service) {
			return true
		}
	}
	return false
}

// hit returns the kind of fault this call gets, or nothing. The first rule that fails it wins.
func (f *faults) hit(c *call) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if !rule.means(c) || rule.Error == FaultStale && f.answers[c.same()] == nil {
			continue // a stale fault has nothing to give again yet
		}
		if rule.fails() {
			return rule.Error
		}
	}
	return ""
}

// means tells whether a fault is about this call.
func (f Fault) means(c *call) bool {
	_, action, _ := strings.Cut(c.action, ":")
	return matches(f.Service, c.service) && (matches(f.Operation, c.operation) || matches(f.Operation, action))
}

// fails counts a matching call and decides about it.
func (r *faultRule) fails() bool {
	if r.seen++; r.seen <= r.After || (r.Count > 0 && r.failed >= r.Count) {
		return false
	}
	if r.owed += r.Rate; r.owed < 1-1e-9 {
		return false
	}
	r.owed--
	r.failed++
	return true
}

func matches(pattern, name string) bool {
	return pattern == "" || pattern == "*" || strings.EqualFold(pattern, name)
}

// Inject puts a fault in force until ClearFaults or Reset.
func (l *Lab) Inject(fault Fault) error { return l.faults.add(fault) }

// ClearFaults ends all faults.
func (l *Lab) ClearFaults() { l.faults.clear() }
