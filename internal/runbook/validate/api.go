package validate

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the names of AWS's APIs
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed apis.json.gz
var apisPacked []byte

// catalogue is the names of AWS's APIs, as make apis took them from botocore.
type catalogue struct {
	Botocore string                       `json:"botocore"`
	Services map[string]map[string]string `json:"services"`
}

// ofAction tells the inputs of the actions themselves from those of the call.
func ofAction(input string) bool {
	switch input {
	case "Service", "Api", "PropertySelector", "DesiredValues":
		return true
	}
	return false
}

func readCatalogue() (catalogue, error) {
	var c catalogue
	text, err := gzip.NewReader(bytes.NewReader(apisPacked))
	if err != nil {
		return c, fmt.Errorf("the names of APIs: %w", err)
	}
	if err := json.NewDecoder(text).Decode(&c); err != nil {
		return c, fmt.Errorf("the names of APIs: %w", err)
	}
	return c, nil
}

// apis holds every API call of a document to botocore's models: service, API, names of inputs.
func apis(d document) []Problem {
	known, err := readCatalogue()
	if err != nil {
		return []Problem{{Layer: API, Message: err.Error()}}
	}
	var problems []Problem
	for i, s := range d.Steps {
		switch s.Action {
		case "aws:executeAwsApi", "aws:assertAwsResourceProperty", "aws:waitForAwsResourceProperty":
			for _, p := range call(known, s.Inputs) {
				p.Layer, p.Where = API, fmt.Sprintf("mainSteps[%d].inputs%s", i, p.Where)
				problems = append(problems, p)
			}
		}
	}
	return problems
}

// call judges one call. What is only known when it runs, a reference, is left alone.
func call(known catalogue, inputs map[string]any) []Problem {
	service, api := fmt.Sprint(inputs["Service"]), fmt.Sprint(inputs["Api"])
	if strings.Contains(service+api, "{{") {
		return nil
	}
	operations, ok := known.Services[service]
	if !ok {
		return []Problem{{Where: ".Service", Message: fmt.Sprintf("boto3 knows no service %q%s", service,
			meant(service, slices.Collect(maps.Keys(known.Services))))}}
	}
	listed, ok := operations[api]
	if !ok {
		return []Problem{{Where: ".Api", Message: fmt.Sprintf("%s has no API %q%s", service, api,
			meant(api, slices.Collect(maps.Keys(operations))))}}
	}
	var names []string
	var problems []Problem
	for name := range strings.SplitSeq(listed, ",") {
		bare, required := strings.CutSuffix(name, "!")
		names = append(names, bare)
		if _, given := inputs[bare]; required && !given {
			problems = append(problems, Problem{Message: fmt.Sprintf("%s.%s needs %s", service, api, bare)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if !ofAction(name) && !slices.Contains(names, name) {
			problems = append(problems, Problem{Where: "." + name, Message: fmt.Sprintf("%s.%s has no input %q%s",
				service, api, name, meant(name, names))})
		}
	}
	return problems
}
