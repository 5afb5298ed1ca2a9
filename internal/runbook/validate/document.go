package validate

// document is a runbook as the layers after its shape read it.
type document struct {
	AssumeRole string         `yaml:"assumeRole"`
	Parameters map[string]any `yaml:"parameters"`
	Variables  map[string]any `yaml:"variables"`
	Steps      []step         `yaml:"mainSteps"`
	Outputs    []string       `yaml:"outputs"`
}

// step is one of its steps.
type step struct {
	Name      string         `yaml:"name"`
	Action    string         `yaml:"action"`
	Inputs    map[string]any `yaml:"inputs"`
	Outputs   []output       `yaml:"outputs"`
	NextStep  string         `yaml:"nextStep"`
	OnFailure string         `yaml:"onFailure"`
	OnCancel  string         `yaml:"onCancel"`
	Timeout   any            `yaml:"timeoutSeconds"`
	Attempts  any            `yaml:"maxAttempts"`
	End       any            `yaml:"isEnd"`
	Critical  any            `yaml:"isCritical"`
}

// output is what a step hands on.
type output struct {
	Name     string `yaml:"Name"`
	Selector string `yaml:"Selector"`
}
