package stack

import (
	"fmt"

	"github.com/goccy/go-yaml"
)

// Template is a template and where CloudFormation reads it.
type Template struct {
	Text string
	// URL is asked for only where the text is larger than what a request may carry. Nil where it never is.
	URL func() (string, error)

	kept bool // the stack has it already
}

// Later is the error of a template that cannot be read before what is planned beside it is made.
type Later struct{ Why string }

// Error says what is known then.
func (l Later) Error() string { return l.Why }

// InlineLimit is the largest template, in bytes, that a request may carry. Source: CloudFormation user guide, quotas.
const InlineLimit = 51_200

// Parameter is what a template says about one of its parameters.
type Parameter struct {
	Default *string `yaml:"Default"`
	NoEcho  bool    `yaml:"NoEcho"`
}

// shape is what is read of a template here; the rest is CloudFormation's business.
type shape struct {
	Parameters map[string]Parameter `yaml:"Parameters"`
	Resources  map[string]struct {
		Type      string `yaml:"Type"`
		Condition string `yaml:"Condition"`
	} `yaml:"Resources"`
}

func (t Template) shape() (shape, error) {
	var s shape
	if err := yaml.Unmarshal([]byte(t.Text), &s); err != nil {
		return shape{}, fmt.Errorf("read the template: %w", err)
	}
	if len(s.Resources) == 0 {
		return shape{}, fmt.Errorf("read the template: it has no resources")
	}
	return s, nil
}

// Parameters are those that the template has.
func (t Template) Parameters() (map[string]Parameter, error) {
	s, err := t.shape()
	return s.Parameters, err
}

// handOver is the template as a request has it: as its body, or by its URL where it is larger than that.
func (t Template) handOver() (body, url *string, err error) {
	if t.kept {
		return nil, nil, nil
	}
	if t.URL == nil || len(t.Text) <= InlineLimit {
		return &t.Text, nil, nil
	}
	address, err := t.URL()
	if err != nil {
		return nil, nil, err
	}
	return nil, &address, nil
}
