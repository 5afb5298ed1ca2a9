package run

import "time"

// FirstSeen is since when what the run is about has failed: as it was when the run began to wait, else what the finding
// says that was seen last. Zero where one of them does not say.
func (r *Run) FirstSeen() time.Time {
	if !r.Found.IsZero() {
		return r.Found
	}
	var last time.Time
	for _, f := range r.Findings {
		if f.FirstSeen.IsZero() {
			return time.Time{}
		}
		if f.FirstSeen.After(last) {
			last = f.FirstSeen
		}
	}
	return last
}
