{# What is inside a JSON column, by the names that lead to it. #}
{% macro json_text(column, path) %}
    {{- return(adapter.dispatch('json_text', 'mews')(column, path)) -}}
{% endmacro %}

{% macro default__json_text(column, path) %}
    {{- return(column ~ " #>> '{" ~ path | join(',') ~ "}'") -}}
{% endmacro %}

{% macro duckdb__json_text(column, path) %}
    {{- return("json_extract_string(" ~ column ~ ", '$.\"" ~ path | join('"."') ~ "\"')") -}}
{% endmacro %}

{% macro json_integer(column, path) %}
    {{- mews.typed(mews.json_text(column, path), 'integer') -}}
{% endmacro %}

{% macro json_decimal(column, path) %}
    {{- mews.typed(mews.json_text(column, path), 'decimal') -}}
{% endmacro %}

{% macro json_boolean(column, path) %}
    {{- mews.typed(mews.json_text(column, path), 'boolean') -}}
{% endmacro %}

{% macro json_timestamp(column, path) %}
    {{- mews.typed(mews.json_text(column, path), 'timestamp') -}}
{% endmacro %}

{% macro json_date(column, path) %}
    {{- mews.typed(mews.json_text(column, path), 'date') -}}
{% endmacro %}

{# The entries of an array in a JSON column, for a `cross join`: alias.entry, .place. #}
{% macro json_entries(column, path, alias) %}
    {{- return(adapter.dispatch('json_entries', 'mews')(column, path, alias)) -}}
{% endmacro %}

{% macro default__json_entries(column, path, alias) %}
    lateral jsonb_array_elements(
        case
            when jsonb_typeof({{ column }} #> '{{ '{' ~ path | join(',') ~ '}' }}') = 'array'
            then {{ column }} #> '{{ '{' ~ path | join(',') ~ '}' }}'
        end
    ) with ordinality as {{ alias }}(entry, place)
{% endmacro %}

{% macro duckdb__json_entries(column, path, alias) %}
    {%- set inside = "json_extract(" ~ column ~ ", '$." ~ path | join('.') ~ "[*]')" -%}
    lateral (
        select
            unnest({{ inside }}) as entry,
            generate_subscripts({{ inside }}, 1) as place
    ) as {{ alias }}
{% endmacro %}

{# A text by language: in the chosen one, in English, or in any. #}
{% macro translated(column) %}
    {%- set chosen = mews.json_text(column, [var('mews_language')]) -%}
    {%- set english = mews.json_text(column, ['en-US']) -%}
    coalesce({{ chosen }}, {{ english }}, {{ mews.json_any_text(column) }})
{%- endmacro %}

{% macro json_any_text(column) %}
    {{- return(adapter.dispatch('json_any_text', 'mews')(column)) -}}
{% endmacro %}

{% macro default__json_any_text(column) %}
    {{- return("(jsonb_path_query_first(" ~ column ~ ", '$.*') #>> '{}')") -}}
{% endmacro %}

{% macro duckdb__json_any_text(column) %}
    {{- return("json_extract_string(" ~ column ~ ", '$.*')[1]") -}}
{% endmacro %}
