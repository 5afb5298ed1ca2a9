package main

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
)

type (
	// template is what a module needs of a template, in the order in which it stands there.
	template struct {
		parameters []parameter
		results    []result
	}
	parameter struct {
		Name          string `yaml:"-"`
		Type          string `yaml:"Type"`
		Default       any    `yaml:"Default"` // nil where somebody has to say it
		Description   string `yaml:"Description"`
		NoEcho        bool   `yaml:"NoEcho"`
		AllowedValues []any  `yaml:"AllowedValues"`
		Pattern       string `yaml:"AllowedPattern"`
		MinValue      *int64 `yaml:"MinValue"`
		MaxValue      *int64 `yaml:"MaxValue"`
		MinLength     *int64 `yaml:"MinLength"`
		MaxLength     *int64 `yaml:"MaxLength"`
		Constraint    string `yaml:"ConstraintDescription"`
	}
	result struct {
		Name        string `yaml:"-"`
		Description string `yaml:"Description"`
		Condition   string `yaml:"Condition"`
		Value       any    `yaml:"Value"`
		Export      any    `yaml:"Export"`
	}
)

// read takes the parameters and outputs; one with a property that this program does not know is an error.
func read(text []byte) (template, error) {
	var doc struct {
		Parameters yaml.MapSlice `yaml:"Parameters"`
		Outputs    yaml.MapSlice `yaml:"Outputs"`
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return template{}, fmt.Errorf("read the template: %w", err)
	}
	var out template
	for _, item := range doc.Parameters {
		p := parameter{}
		if err := strictly(item.Value, &p); err != nil {
			return template{}, fmt.Errorf("parameter %v: %w", item.Key, err)
		}
		p.Name = fmt.Sprint(item.Key)
		out.parameters = append(out.parameters, p)
	}
	for _, item := range doc.Outputs {
		r := result{}
		if err := strictly(item.Value, &r); err != nil {
			return template{}, fmt.Errorf("output %v: %w", item.Key, err)
		}
		r.Name = fmt.Sprint(item.Key)
		out.results = append(out.results, r)
	}
	return out, nil
}

func strictly(value, into any) error {
	text, err := yaml.Marshal(value)
	if err != nil {
		return fmt.Errorf("write it again: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(text, into, yaml.Strict()); err != nil {
		return fmt.Errorf("a property that the generator does not know: %w", err)
	}
	return nil
}

// snake is the name of a variable: OrgId is org_id, KmsKeyArn kms_key_arn.
func snake(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		starts := i > 0 && unicode.IsUpper(r) &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if starts {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// list tells whether CloudFormation takes a list, as a text with commas between.
func (p parameter) list() bool {
	return p.Type == "CommaDelimitedList" || strings.HasPrefix(p.Type, "List<")
}

// kind is the type of the variable.
func (p parameter) kind() (string, error) {
	switch {
	case p.list():
		return "list(string)", nil
	case p.Type == "Number":
		return "number", nil
	case p.Type == "String", strings.HasPrefix(p.Type, "AWS::") && !strings.Contains(p.Type, "<"):
		return "string", nil
	}
	return "", fmt.Errorf("parameter %s: no type of a variable is known for %s", p.Name, p.Type)
}
