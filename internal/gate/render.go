package gate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// JSON renders the document canonically: equal documents render equally, however their YAML was laid out.
func (c Config) JSON() ([]byte, error) {
	content, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("render the configuration: %w", err)
	}
	return content, nil
}

// Hash names the content of the document.
func (c Config) Hash() (string, error) {
	content, err := c.JSON()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), nil
}

// FromJSON reads a document as JSON renders it, such as the stored one. A field of a newer release is refused:
// it may forbid what this one would do.
func FromJSON(document []byte) (Config, error) {
	var c Config
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	decoder.UseNumber() // a million read as a float is 1e+06, which no parameter takes
	if err := decoder.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("read the stored configuration, push it again: %w", err)
	}
	if decoder.More() {
		return Config{}, errors.New("the stored configuration does not end where it should, push it again")
	}
	if c.Version != Version {
		return Config{}, fmt.Errorf("the stored configuration has version %d, this release reads %d", c.Version, Version)
	}
	return c, nil
}
