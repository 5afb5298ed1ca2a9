package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// answer is what GetDocument or DescribeDocument say of a document of somebody else.
// Source: Systems Manager API reference.
func (d ForeignDocument) answer(operation string) *answer {
	format := "YAML"
	if strings.HasPrefix(strings.TrimSpace(d.Content), "{") {
		format = "JSON"
	}
	hash := sha256.Sum256([]byte(d.Content))
	told := map[string]any{
		"Name": d.Name, "DocumentVersion": d.Version, "DocumentType": "Automation", "DocumentFormat": format,
		"Status": "Active",
	}
	if operation == "GetDocument" {
		told["Content"] = d.Content
	} else {
		told["Owner"], told["HashType"], told["Hash"] = d.Owner, "Sha256", hex.EncodeToString(hash[:])
		told["SchemaVersion"], told["DefaultVersion"], told["LatestVersion"] = "0.3", d.Version, d.Version
		told = map[string]any{"Document": told}
	}
	body, _ := json.Marshal(told) // texts alone: cannot fail
	return &answer{
		status: http.StatusOK, header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, body: body,
	}
}
