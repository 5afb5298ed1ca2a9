package gate

import "fmt"

// StaysFixed is what follows a fix that was proven. The zero value asks nobody to look again, and reads a little.
type StaysFixed struct {
	// EvaluateAgain has AWS Config asked to evaluate its rule again, in accounts whose role may ask for that.
	EvaluateAgain bool `json:"evaluate_again,omitempty" yaml:"evaluate_again"`
	// ReadPerHour is how many fixed resources are read again within an hour, in all accounts together; 0: none.
	ReadPerHour *int `json:"read_per_hour,omitempty" yaml:"read_per_hour"`
}

const (
	// defaultReads are ten thousand resources a week.
	defaultReads = 60
	// mostReads is what sweeps have time for beside their other work.
	mostReads = 1200
)

// EvaluatesAgain tells that AWS Config is to be asked to evaluate its rules again after a fix.
func (c Config) EvaluatesAgain() bool { return c.StaysFixed != nil && c.StaysFixed.EvaluateAgain }

// ReadsPerHour is how many fixed resources are read again within an hour.
func (c Config) ReadsPerHour() int {
	if c.StaysFixed == nil || c.StaysFixed.ReadPerHour == nil {
		return defaultReads
	}
	return min(max(0, *c.StaysFixed.ReadPerHour), mostReads)
}

func (v *checker) staysFixed(s *StaysFixed) {
	if s != nil && s.ReadPerHour != nil && (*s.ReadPerHour < 0 || *s.ReadPerHour > mostReads) {
		v.add("stays_fixed.read_per_hour", fmt.Sprintf("is %d", *s.ReadPerHour),
			fmt.Sprintf("write 0 to %d; 0 reads no fixed resource again", mostReads))
	}
}
