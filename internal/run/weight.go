package run

import (
	"encoding/json"
	"errors"
	"fmt"
)

// What a run may have is bounded: it is one item of the table, which AWS limits to
// 400 KB; an audit line has the changes too, and CloudWatch cuts lines above 256 KB.
// Source: DynamoDB and CloudWatch Logs, quotas.
const (
	// MaxWeight is how many bytes of JSON a run with its plan may have, beside its findings and what the last look adds.
	MaxWeight = 160 << 10
	// MaxFindings is how many bytes of JSON its findings may have: about 150 of them.
	MaxFindings = 96 << 10
)

// Weight is how many bytes of JSON the run has with its findings.
func (r *Run) Weight() (int, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("weigh run %s: %w", r.ID, err)
	}
	size := len(raw)
	for _, f := range r.Findings {
		n, err := f.weight()
		if err != nil {
			return 0, err
		}
		size += n
	}
	return size, nil
}

// Room tells whether a finding may join the run: it has it already, or few enough others.
func (r *Run) Room(f Finding) (bool, error) {
	if _, has := r.Findings[f.Key]; has {
		return true, nil
	}
	size, err := f.weight()
	for _, other := range r.Findings {
		n, wrong := other.weight()
		size, err = size+n, errors.Join(err, wrong)
	}
	return size <= MaxFindings, err
}

func (f Finding) weight() (int, error) {
	raw, err := json.Marshal(f)
	if err != nil {
		return 0, fmt.Errorf("weigh finding %s: %w", f.ID, err)
	}
	return len(raw) + len(f.String()), nil
}
