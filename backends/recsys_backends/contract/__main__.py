"""Print the list of clauses: ``python -m recsys_backends.contract``."""

from recsys_backends.contract.listing import clause_list

if __name__ == "__main__":
    print(clause_list())
